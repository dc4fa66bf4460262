package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"waybill/contract"
	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/recorder"
	"waybill/search"
)

// lookedUp are the terms in a query for what somebody types.
func lookedUp(a contract.SearchAttribute, terms []string) string {
	return fmt.Sprintf("%s IN ('%s')", a.Name, strings.Join(terms, "', '"))
}

// A customer names an order, a tracking number or a mail address.
func TestAParcelIsListedByWhatCustomersName(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	keys := search.Keys{[]byte(searchKey)}
	p := s.parcel()
	p.Order = "#10 42-b"
	s.tell(p, sendcloud.ToSorting, time.Now())
	s.awaitListed(p, "OrderNumber = '1042-B'")
	known := s.settled(p, 1, delivery.Accepted)
	s.awaitListed(p, lookedUp(contract.TrackingNumber, keys.Find(strings.ToLower(known.Facts.TrackingNumber)).Tracking))
	s.awaitListed(p, lookedUp(contract.Recipient, keys.Find(strings.ToUpper(p.Recipient.Email)).Recipient))

	s.setPolicy("mode: live\nsearch: keyed\n" + atOnce)
	s.awaitPolicy()
	keyed := s.parcel()
	keyed.Order = "#1043"
	s.tell(keyed, sendcloud.ToSorting, time.Now())
	s.awaitListed(keyed, lookedUp(contract.OrderNumber, keys.Find("1043").Order)+" AND OrderNumber != '1043'")
}

// Ten thousand parcels of which a mail failed are one mail to operations.
func TestOperationsAreToldOnceOfWhatManyParcelsHave(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	s.setPolicy("mode: live\n" + atOnce + "operations: {mail: ops@shop.example}\n")
	s.awaitPolicy()
	var all []sendcloud.Parcel
	for range 3 {
		p := s.parcel()
		s.fail(p, sendgrid.Fault{Kind: sendgrid.FaultStatus, Status: 400, Times: 1})
		all = append(all, p)
	}
	for _, p := range all {
		s.tell(p, sendcloud.ToSorting, time.Now())
		s.settled(p, 1, delivery.Parked)
	}
	s.awaitToldOps("will not be retried automatically")
	s.eventually("the integration to know of all three", func() error {
		var state contract.IntegrationState
		err := s.describeAs(contract.IntegrationWorkflowID("demo"), &state)
		if got := state.Needing["mail parked"].Count; err == nil && got != 3 {
			err = fmt.Errorf("it knows of %d", got)
		}
		return err
	})
	require.Equal(t, 1, s.toldOps("will not be retried automatically"), "the next one comes in an hour")
	s.record(contract.IntegrationWorkflowID("demo"), string(contract.WatchIntegration)+"-parcels")
}

// Everyone who reaches Temporal can start a workflow with any search attributes. Temporal's own
// query has to understand how a word with a quotation mark is written.
func TestNoStrayWorkflowStopsTheCountOfParcels(t *testing.T) {
	t.Parallel()
	s := newStack(t, shared.get(t))
	list := func(a contract.SearchAttribute, value string) temporal.SearchAttributeUpdate {
		return temporal.NewSearchAttributeKeyKeyword(a.Name).ValueSet(value)
	}
	for i, why := range []string{"it's", `a \ b`, "mail parked"} {
		_, err := s.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: fmt.Sprintf("stray-%d", i), TaskQueue: "nobody-asks",
			TypedSearchAttributes: temporal.NewSearchAttributes(list(contract.Integration, "demo"), list(contract.AttentionField, why)),
		}, string(contract.TrackParcel))
		require.NoError(t, err)
	}
	s.eventually("the count to pass over what is no reason", func() error {
		all, err := recorder.Recorder{Temporal: s.client}.ParcelsNeeding(t.Context())
		if err == nil && all["demo"]["mail parked"].Count != 1 {
			err = fmt.Errorf("it is %v", all)
		}
		require.LessOrEqual(t, len(all["demo"]), 1)
		return err
	})
}
