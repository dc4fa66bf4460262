package e2e_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

var parked = flag.Int("parked", 40, "how many parcels have parked mails when they are retried together")

// Support has an order number, a mail address and no mail: two commands later the mail leaves.
func TestFromWhatACustomerNamesToTheMailInTwoCommands(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	p := s.parcel()
	p.Order = "#1042"
	s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Times: 1})
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.settled(p, 1, delivery.Parked)
	s.awaitListed(p, "OrderNumber = '1042' AND ParkedMails > 0")
	for _, named := range []string{"1042", p.Recipient.Email} {
		said, err := s.waybill("parcels", "find", named)
		require.NoError(t, err, said)
		t.Log(said)
		require.Regexp(t, `shipped +parked +.*400`, said, "the reason")
		require.Contains(t, said, fmt.Sprintf("Send it: waybill mails retry demo/%d\n", p.ID))
		require.NotContains(t, said, "@")
	}
	said, err := s.waybill("mails", "retry", fmt.Sprintf("demo/%d", p.ID), "--dry-run")
	require.NoError(t, err, said)
	require.Regexp(t, `shipped +yes`, said)
	require.Empty(t, s.mails(p))
	said, err = s.waybill("mails", "retry", fmt.Sprintf("demo/%d", p.ID), "--as", "anna", "--why", "a full mailbox")
	require.NoError(t, err, said)
	known := s.settled(p, 1, delivery.Accepted)
	require.Equal(t, []string{"shipped"}, s.mails(p))
	require.Equal(t, "anna (unproven)", known.Orders[0].Who())

	said, err = s.waybill("mails", "retry", fmt.Sprintf("demo/%d", p.ID), "--as", "anna")
	require.Error(t, err)
	require.Contains(t, said, "no mail is parked")
	said, err = s.waybill("parcels", "list", "--output", "json", "--phase", "in transit")
	require.NoError(t, err, said)
	var listed []map[string]any
	require.NoError(t, json.Unmarshal([]byte(said), &listed), said)
	require.Equal(t, "1042", listed[0]["order"])
	said, err = s.waybill("integrations", "list")
	require.NoError(t, err, said)
	require.Contains(t, said, "demo")
}

func TestAnOrderToManyIsWatchedToItsEnd(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	all, _ := s.park(2, 0)
	said, err := s.waybill("parcels", "pause", "--all", "--yes", "--detach", "--as", "anna")
	require.NoError(t, err, said)
	require.Contains(t, said, "Pause mails of 2 parcels:\n  2 parcels would follow.\n")
	for _, p := range all {
		s.eventually("both to be paused", func() error {
			known, err := s.describe(p)
			if err == nil && !known.Paused {
				err = fmt.Errorf("parcel %d is not", p.ID)
			}
			return err
		})
	}
	said, err = s.waybill("parcels", "pause", "--all", "--yes", "--as", "anna")
	require.NoError(t, err, said)
	require.Equal(t, "Pause mails of 2 parcels:\n  2 parcels would refuse:\n          2  the mails of this parcel are paused already\n", said, "there is nothing to begin")
	s.eventually("the batch to end", func() error {
		listed, err := s.waybill("batches", "list")
		if err == nil && strings.Contains(listed, "running") {
			err = errors.New(listed)
		}
		return err
	})
	said, err = s.waybill("mails", "drop", "--all", "--integration", "demo", "--yes", "--as", "anna")
	require.NoError(t, err, said)
	require.Contains(t, said, "2 mails would be dropped:\n          2  shipped: SendGrid answered 400")
	require.Contains(t, said, " is completed: 2 of 2 parcels got the order")
	require.Contains(t, said, "Still parked: mails of 0 parcels.")
	for _, p := range all {
		s.settled(p, 1, delivery.Dropped)
	}
}

// A bad day has parked thousands of mails, and of some parcels newer news has gone out since.
// One command says so, and sends the others once each, also if it is killed.
func TestParkedMailsAreRetriedTogether(t *testing.T) {
	s := newStack(t, shared.get(t))
	all, overtaken := s.park(*parked, *parked*2/5)
	stale := len(overtaken)

	began := time.Now()
	said, err := s.waybill("mails", "retry", "--all", "--integration", "demo", "--dry-run", "--output", "json")
	require.NoError(t, err, said)
	t.Logf("the dry run over %d parcels took %v", len(all), time.Since(began).Round(10*time.Millisecond))
	said = regexp.MustCompile(`(?m)^asked .*\n`).ReplaceAllString(said, "")
	require.JSONEq(t, fmt.Sprintf(`{"order":"retry-mails","parcels":%d,"follow":%d,"leave":[{"count":%d,"mail":"shipped"}],
		"stay":[{"count":%d,"mail":"shipped","why":"overtaken by delivered"}]}`, len(all), len(all), len(all)-stale, stale), said)
	said, err = s.waybill("mails", "retry", "--all", "--as", "anna")
	require.Error(t, err)
	require.Contains(t, said, "nothing was changed: to go on without being asked, add --yes")
	require.Len(t, s.sendgrid.Mails(), stale, "nothing left")

	// The command dies as soon as the batch is there.
	command, err := startProcess(s.operatorEnv(), waybillProgram, "mails", "retry", "--all", "--integration", "demo", "--yes", "--as", "anna", "--why", "a bad day")
	require.NoError(t, err)
	var batch string
	s.eventually("the batch to begin", func() error {
		begun := regexp.MustCompile(`Batch (\S+) has begun`).FindStringSubmatch(command.output())
		if begun == nil {
			return fmt.Errorf("it says %s", command.output())
		}
		batch = begun[1]
		return nil
	})
	command.kill()
	said, err = s.waybill("batches", "show", batch, "--watch")
	require.NoError(t, err, said)
	require.Contains(t, said, fmt.Sprintf("Batch %s is completed: ", batch))
	t.Log(said)
	began = time.Now()
	s.within(patience+time.Duration(*parked)*50*time.Millisecond, "every mail to leave", func() error {
		if n := len(s.sendgrid.Mails()); n < len(all) {
			return fmt.Errorf("%d of %d mails", n, len(all))
		}
		return nil
	})
	t.Logf("the last mail left %v after the batch had ended", time.Since(began).Round(100*time.Millisecond))
	s.requireEachOnce(all, overtaken)
	said, err = s.waybill("mails", "list")
	require.NoError(t, err, said)
	s.eventually("no mail to be parked", func() error {
		if said, err := s.waybill("mails", "list"); err != nil || said != "No mail is parked.\n" {
			return fmt.Errorf("%s %w", said, err)
		}
		return nil
	})
	known, err := s.describe(all[0])
	require.NoError(t, err)
	require.Equal(t, parcel.OrderEntry{At: known.Orders[0].At, What: "RetryMails", By: "anna", Why: "a bad day", Batch: batch}, known.Orders[0])
	said, err = s.waybill("batches", "list")
	require.NoError(t, err, said)
	require.Regexp(t, batch+` +completed`, said)
}

// park has the first mails of some parcels parked; to some of them, newer news goes out then.
func (s *stack) park(n, newer int) (all, overtaken []sendcloud.Parcel) {
	s.Helper()
	began := time.Now()
	require.NoError(s, s.sendgrid.Fail(sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: http.StatusBadRequest}))
	for range n {
		all = append(all, s.parcel())
	}
	overtaken = all[:newer]
	s.tellMany(all, sendcloud.ToSorting, time.Now().Add(-time.Minute))
	done := 0
	s.within(patience+time.Duration(n)*100*time.Millisecond, "all to be parked", func() error {
		for ; done < n; done++ {
			known, err := s.describe(all[done])
			if err == nil && len(known.Mails.Parked()) != 1 {
				err = fmt.Errorf("parcel %d of %d has no parked mail", done, n)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	s.sendgrid.Mend()
	s.tellMany(overtaken, sendcloud.Delivered, time.Now())
	s.eventually("newer mails to leave", func() error {
		if n := len(s.sendgrid.Mails()); n != newer {
			return fmt.Errorf("%d of %d", n, newer)
		}
		return nil
	})
	s.eventually("all to be listed", func() error { return s.listedParked(n) })
	s.Logf("%d parcels were parked, %d of them overtaken, in %v", n, newer, time.Since(began).Round(time.Second))
	return all, overtaken
}

// listedParked says whether so many parcels are listed with parked mails.
func (s *stack) listedParked(n int) error {
	counted, err := s.client.CountWorkflow(s.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: "ParkedMails > 0"})
	if err == nil && counted.GetCount() != int64(n) {
		err = fmt.Errorf("%d are listed", counted.GetCount())
	}
	return err
}

// tellMany tells of a status change of many parcels.
func (s *stack) tellMany(all []sendcloud.Parcel, status sendcloud.Status, at time.Time) {
	s.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for _, p := range all {
		group.Go(func() error {
			s.tell(p, status, at)
			return nil
		})
	}
	require.NoError(s, group.Wait())
}

// requireEachOnce wants each recipient to have one mail: what was overtaken never left.
func (s *stack) requireEachOnce(all, overtaken []sendcloud.Parcel) {
	s.Helper()
	want, got := map[string]string{}, map[string]string{}
	for _, p := range all {
		want[p.Recipient.Email] = "shipped;"
	}
	for _, p := range overtaken {
		want[p.Recipient.Email] = "delivered;"
	}
	for _, m := range s.sendgrid.Mails() {
		got[m.To] += m.Categories[1] + ";"
	}
	require.Equal(s, want, got)
}
