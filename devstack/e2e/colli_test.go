package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
)

// colli are so many parcels that go together to one recipient.
func (s *stack) colli(n int) []sendcloud.Parcel {
	var all []sendcloud.Parcel
	first := s.parcel()
	for nr := range n {
		p := s.parcel()
		p.Recipient = first.Recipient
		p.ColliUUID, p.ColloNr, p.ColloCount = fmt.Sprintf("00000000-0000-4000-8000-%012d", first.ID), nr, n
		all = append(all, p)
	}
	return all
}

func TestParcelsThatGoTogetherAreOneMail(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	s.setPolicy("mode: live\n" + strings.Replace(atOnce, "together: 0", "together: 4s", 1))
	s.awaitPolicy()
	colli := s.colli(3)
	now := time.Now()
	s.tell(colli[0], sendcloud.ToSorting, now.Add(-time.Hour))
	s.tell(colli[1], sendcloud.ToSorting, now.Add(-time.Hour))
	var states []delivery.State
	for _, p := range colli[:2] {
		s.eventually("the mail of each to be settled", func() error {
			known, err := s.describe(p)
			if err == nil && (len(known.Mails) != 1 || known.Mails[0].State == delivery.Waiting || known.Mails[0].State == delivery.Sending) {
				err = fmt.Errorf("mails %+v", known.Mails)
			}
			if err == nil {
				states = append(states, known.Mails[0].State)
			}
			return err
		})
	}
	require.ElementsMatch(t, []delivery.State{delivery.Accepted, delivery.Superseded}, states)
	require.Equal(t, []string{"shipped"}, s.mails(colli[0]), "one mail for both")

	// The third gets there later, and is news.
	s.tell(colli[2], sendcloud.ToSorting, now)
	known := s.settled(colli[2], 1, delivery.Accepted)
	require.Equal(t, 3, known.Mails[0].About.Reached)
	var told []string
	for _, m := range s.sendgrid.Mails() {
		if m.To == colli[0].Recipient.Email {
			told = append(told, m.Text)
		}
	}
	require.Len(t, told, 2)
	require.Regexp(t, `\b2 (of|van|von|sur|de|di) 3\b`, told[0])
	require.Regexp(t, `\b3 (of|van|von|sur|de|di) 3\b`, told[1])
	require.Equal(t, 3, count(s.events(contract.ColliWorkflowID("demo", colli[0].ColliUUID)), enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED))
	for i, p := range colli {
		s.record(workflowID(p), fmt.Sprintf("%s-collo-%d", contract.TrackParcel, i))
	}
	s.record(contract.ColliWorkflowID("demo", colli[0].ColliUUID), string(contract.GatherColli)+"-three")
}
