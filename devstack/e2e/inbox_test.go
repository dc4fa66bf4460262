//go:build bench

package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/sync/errgroup"

	"waybill/codec"
	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
)

var (
	inboxRefunds = flag.Int("inbox", 30, "with how many open refunds TestHowLongTheInboxTakes measures")
	inboxListed  = flag.Int("inbox-listed", 0, "how many further ones are only listed by Temporal, with nobody at work on them")
	inboxLooks   = flag.Int("inbox-looks", 20, "how many times TestHowLongTheInboxTakes opens each page")
)

// It prints how long the pages take, and demands nothing of the time: machines differ.
func TestHowLongTheInboxTakes(t *testing.T) {
	s := newTill(t, shared.get(t))
	s.openDoors()
	v := s.signsIn("anna@shop.example")

	began := time.Now()
	like := s.sell("120.00")
	s.ask(like)
	s.listMore(s.reaches(like, refund.AwaitingApproval), *inboxListed)
	for range *inboxRefunds - 1 {
		s.ask(s.sell("120.00"))
	}
	open := fmt.Sprintf("<dt>Open</dt><dd>%d</dd>", *inboxRefunds+*inboxListed)
	s.within(patience+time.Duration(*inboxRefunds)*time.Second, "all refunds to wait for a decision", func() error {
		if _, page := v.get("/refunds?state=awaiting_approval"); !strings.Contains(page, open) {
			return fmt.Errorf("there are not %d yet", *inboxRefunds+*inboxListed)
		}
		return nil
	})
	t.Logf("%d refunds waited for a decision after %v, and %d more were listed", *inboxRefunds, time.Since(began).Round(time.Second), *inboxListed)
	s.timeLists()
	for _, path := range []string{"/refunds", "/refunds?for=me&page=2", "/refunds?order=newest", "/refunds?order=deadline"} {
		var took []time.Duration
		silent := 0
		for range *inboxLooks {
			began := time.Now()
			code, page := v.do(http.MethodGet, path, nil)
			took = append(took, time.Since(began))
			require.Equal(t, http.StatusOK, code, page)
			require.Contains(t, page, open, path)
			silent += strings.Count(page, ">no answer<")
		}
		slices.Sort(took)
		t.Logf("%-24s median %v, p99 %v, longest %v; %d rows without an answer", path, took[len(took)/2].Round(time.Millisecond),
			took[(len(took)*99-1)/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), silent)
	}
}

// listMore has Temporal list further refunds like one. They are older than those that follow and stand on the last pages, so that none is asked.
// They have the attributes and the memo of a refund; no worker works on them.
func (s *till) listMore(like refund.Refund, more int) {
	s.Helper()
	var group errgroup.Group
	group.SetLimit(16)
	for i := range more {
		group.Go(func() error {
			one := like.Listed()
			one.ReturnID, one.Known = int64(9_000_000+i), one.Known.Add(-time.Hour)
			attributes := []temporal.SearchAttributeUpdate{
				temporal.NewSearchAttributeKeyKeyword(contract.Integration.Name).ValueSet(one.Integration),
				temporal.NewSearchAttributeKeyKeyword(contract.RefundState.Name).ValueSet(string(like.State)),
				temporal.NewSearchAttributeKeyKeyword(contract.ApproverRole.Name).ValueSet(string(like.Role)),
				temporal.NewSearchAttributeKeyKeyword(contract.OrderNumber.Name).ValueSet(one.Facts.OrderNumber),
			}
			if !like.DueBy.IsZero() {
				attributes = append(attributes, temporal.NewSearchAttributeKeyTime(contract.LegalDeadline.Name).ValueSet(like.DueBy))
			}
			_, err := s.client.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{
				ID: contract.RefundRef{Integration: one.Integration, ReturnID: one.ReturnID}.WorkflowID(), TaskQueue: "nobody",
				Memo:                  map[string]any{contract.ListedRefund: one},
				TypedSearchAttributes: temporal.NewSearchAttributes(attributes...),
			}, string(contract.ApproveRefund))
			return err
		})
	}
	require.NoError(s, group.Wait())
}

// timeLists prints how long it takes to list all refunds, and to ask those of one page.
func (s *till) timeLists() {
	s.Helper()
	records := recorder.Recorder{Temporal: s.client, Namespace: s.namespace, Converter: newCodec(s.T, codecKey, codec.PlainRefused).Data()}
	for range 5 {
		began := time.Now()
		all, _, err := recorder.ListRefunds(s.Context(), records, recorder.RefundFilter{Open: true}, 10_000)
		require.NoError(s, err)
		listed := time.Since(began)
		rows := all[:min(len(all), 25)]
		for i := range rows {
			rows[i].Asked = false
		}
		began = time.Now()
		recorder.AskRefunds(s.Context(), records, rows)
		s.Logf("%d listed in %v, %d asked in %v", len(all), listed.Round(time.Millisecond), len(rows), time.Since(began).Round(time.Millisecond))
	}
}
