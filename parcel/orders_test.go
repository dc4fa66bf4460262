package parcel_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/generated"
	"waybill/parcel"
)

var update = flag.Bool("update", false, "renew the reference of the orders in docs/operating.md")

func TestTheReferenceOfTheOrdersIsTheTable(t *testing.T) {
	generated.Section(t, "../docs/operating.md", "orders", reference(), *update)
}

// reference are two tables: of all orders, and of their fields.
func reference() string {
	orders := "| Update | fields | what it does |\n|---|---|---|\n"
	fields := "| field | such as | meaning |\n|---|---|---|\n"
	for _, o := range parcel.Orders() {
		var names []string
		for _, f := range o.Fields {
			name := "`" + f.Name + "`"
			if f.Required {
				name = "**" + name + "**"
			}
			names = append(names, name)
			fields += fmt.Sprintf("| `%s` of `%s` | `%s` | %s |\n", f.Name, o.UpdateName(), f.Example, f.Help)
		}
		orders += fmt.Sprintf("| `%s` | %s | %s |\n", o.UpdateName(), strings.Join(names, ", "), o.Does())
	}
	return orders + "\nFields in bold are required.\n\n" + fields
}

// possible are inputs with which each order is followed by the parcel of [parcelForOrders].
func possible(p parcel.Parcel) map[string]parcel.Input {
	mended := p
	return map[string]parcel.Input{
		"pause-mails": {}, "resume-mails": {}, "retry-mails": {Force: true}, "drop-mails": {Keys: []string{p.Mails[1].Key}},
		"send-again":       {Keys: []string{p.Mails[0].Key}},
		"change-recipient": {Email: "jane@example.org", Name: "Jane Roe", Language: parcel.French},
		"continue-as-new":  {Parcel: &mended},
	}
}

// parcelForOrders has a mail that was accepted and one that is parked.
func parcelForOrders(t *testing.T, paused bool) (parcel.Parcel, time.Time) {
	p, now := through(t, live(), parcel.InTransit)
	settle(t, &p, live(), now, delivery.WasAccepted, "one")
	now = now.Add(time.Hour)
	take(&p, scanOf(parcel.OutForDelivery, now), live(), now)
	settle(t, &p, live(), now, delivery.Refused, "")
	if paused {
		order(t, &p, "pause-mails", parcel.Input{}, live(), now)
	}
	return p, now
}

func TestEachOrderIsFollowedAndRecordedUnlessItIsADryRun(t *testing.T) {
	for _, o := range parcel.Orders() {
		t.Run(o.Name, func(t *testing.T) {
			require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, o.Name)
			require.Regexp(t, `\.$`, o.Does().String())
			p, now := parcelForOrders(t, o.Name == "resume-mails")
			in, ok := possible(p)[o.Name]
			require.True(t, ok, "add an example to possible")
			in.By, in.Why = "ops", "a test"
			before, known := js(t, p), len(p.Orders)
			in.DryRun = true
			foreseen := order(t, &p, o.Name, in, live(), now)
			require.JSONEq(t, before, js(t, p), "a dry run changes nothing")
			in.DryRun = false
			require.Equal(t, foreseen, order(t, &p, o.Name, in, live(), now))
			require.Len(t, p.Orders, known+1)
			require.Equal(t, parcel.OrderEntry{At: now, What: o.UpdateName(), By: "ops", Why: "a test"}, p.Orders[known])
		})
	}
}

func TestAnOrderTakesItsOwnFieldsOnly(t *testing.T) {
	p, now := parcelForOrders(t, false)
	for raw, why := range map[string]string{
		`{"keys": ["x"]}`: `PauseMails does not take ["keys"]`,
		`{"key": ["x"]}`:  "unknown field",
		`{"keys": "x"}`:   "the input cannot be read",
		`["x"]`:           "the input cannot be read",
	} {
		var in parcel.Input
		require.NoError(t, json.Unmarshal([]byte(raw), &in), "a signal that is not decoded would be lost")
		_, err := p.Follow(orderNamed(t, "pause-mails"), in, live(), now)
		require.ErrorContains(t, err, why)
	}
	_, err := p.Follow(orderNamed(t, "send-again"), parcel.Input{}, live(), now)
	require.EqualError(t, err, `"keys" is missing: The mails, by their keys as Describe lists them.`)
	var none parcel.Input
	require.NoError(t, json.Unmarshal([]byte("null"), &none))
	order(t, &p, "pause-mails", none, live(), now)
}

func TestTheAnswerOfDescribeCanBeTheNewState(t *testing.T) {
	p, now := parcelForOrders(t, true)
	var in parcel.Input
	require.NoError(t, json.Unmarshal([]byte(`{"parcel": `+js(t, p)+`}`), &in))
	order(t, &p, "continue-as-new", in, live(), now)
	in.Parcel.ID++
	_, err := p.Follow(orderNamed(t, "continue-as-new"), in, live(), now)
	require.ErrorContains(t, err, "the new state is of another parcel")
}

func TestOnlyAnAddressIsANewAddress(t *testing.T) {
	change := func(email string, language parcel.Language, isReturn bool) error {
		p := parcel.Parcel{Facts: parcel.Facts{IsReturn: isReturn}}
		_, err := p.Follow(orderNamed(t, "change-recipient"), parcel.Input{Email: email, Language: language}, live(), monday(t, "09:00"))
		return err
	}
	for _, email := range []string{"jane.doe@example.com", "joerg@müller.example", "a+b@c.example", `o'neill@example.com`} {
		require.NoError(t, change(email, "fr", false), email)
	}
	for _, email := range []string{
		"", "jane", "@example.com", "jane@", "jane@doe@example.com", "Jane <jane@example.com>", "jane@example.com, joe@example.com",
		"jörg@müller.example", "jane doe@example.com", "jane@example.com\r\nBcc: joe@example.com", "jane@example.com\x00", strings.Repeat("a", 250) + "@example.com",
	} {
		err := change(email, "", false)
		require.Error(t, err, email)
		require.NotContains(t, err.Error(), "joe")
	}
	require.ErrorContains(t, change("jane.doe@example.com", "xx", false), "write one of [en nl de fr es it]")
	require.ErrorContains(t, change("jane.doe@example.com", "", true), "merchant")
}

func TestTheRecordOfOrdersStaysSmall(t *testing.T) {
	p := parcel.Parcel{}
	for range 200 {
		p.Refuse(orderNamed(t, "pause-mails"), parcel.Input{Why: strings.Repeat("ü", 1000)}, errors.New("paused already"), time.Now())
	}
	require.Len(t, p.Orders, 50)
	require.Len(t, []rune(p.Orders[0].Why), 200)
	require.Equal(t, "PauseMails (refused: paused already)", p.Orders[0].Words())
}

func js(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	require.NoError(t, err)
	return string(raw)
}

func TestAStateThatIsReplacedLosesNoMail(t *testing.T) {
	policy := live()
	p, now := through(t, policy, parcel.InTransit)
	settle(t, &p, policy, now, delivery.WasAccepted, "one")
	described := p
	policy.Hold = 3 * time.Minute
	delivered := scanOf(parcel.Delivered, now.Add(time.Hour))
	now = delivered.At
	take(&p, delivered, policy, now)
	require.Equal(t, delivery.Waiting, p.Mails[1].State)
	_, err := p.Follow(orderNamed(t, "continue-as-new"), parcel.Input{Parcel: &described}, policy, now)
	require.ErrorContains(t, err, "ask Describe again", "a scan came since")
	mended := p
	mended.Phase, mended.Ledger, mended.Mails = described.Phase, described.Ledger, described.Mails
	order(t, &p, "continue-as-new", parcel.Input{Parcel: &mended}, policy, now)
	require.Equal(t, parcel.InTransit, p.Phase)
	take(&p, delivered, policy, now)
	require.NotNil(t, p.Mails.Waiting(), "a mail that is decided again is sent, and not overtaken by itself")
	require.Equal(t, parcel.MailDelivered, p.Mails.Waiting().About.Kind)
	requireDifferentKeys(t, p)
}

// The workflow has lost its try: whether it went out is not known.
func TestAMailThatWasBeingSentIsInDoubtInTheNewState(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	mended := p
	order(t, &p, "continue-as-new", parcel.Input{Parcel: &mended}, live(), now)
	require.Equal(t, delivery.Waiting, p.Mails[0].State)
	require.Equal(t, 1, p.Mails[0].Unproven)
	require.False(t, p.Mails[0].DoubtSince.IsZero())
	require.True(t, p.Mails[0].NotBefore.After(now), "first, proof is looked for")
}

func TestNothingHappensWithoutANewRevision(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	seen := p.Revision
	require.True(t, p.TakeAccepted(p.Mails[0].Key, "one", now))
	require.NotEqual(t, seen, p.Revision)
	for _, happens := range []func(){
		func() { p.Take(scanOf(parcel.InTransit, now), live(), now) }, // a copy
		func() { p.Report(delivery.Report{Key: p.Mails[0].Key, Try: 1, Kind: delivery.Bounced, At: now}, now) },
		func() { p.Await(parcel.Waiter{WorkflowID: "refund:demo:7"}, now) },
		func() {},
	} {
		seen = p.Revision
		step(&p, live(), now, happens)
		require.NotEqual(t, seen, p.Revision)
	}
	seen = p.Revision
	order(t, &p, "pause-mails", parcel.Input{}, live(), now)
	require.NotEqual(t, seen, p.Revision)
}

func TestAStateThatIsReplacedKeepsWhatOtherOrdersChanged(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	settle(t, &p, live(), now, delivery.WasAccepted, "one")
	described := p
	order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.com"}, live(), now)
	order(t, &p, "pause-mails", parcel.Input{}, live(), now)
	address := p.Address
	described.Revision = p.Revision
	order(t, &p, "continue-as-new", parcel.Input{Parcel: &described}, live(), now)
	require.True(t, p.Paused)
	require.Equal(t, "jane@example.com", p.MailFacts().Recipient.Email)
	require.Equal(t, address, p.Address)
	require.Len(t, p.Orders, 3)
	require.Equal(t, parcel.AttentionPaused, p.Attention)
}

// A parcel in a phase that does not exist, or without a deadline, is followed for ever.
func TestAStateThatWouldNeverEndIsNotTakenOver(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	settle(t, &p, live(), now, delivery.WasAccepted, "one")
	corrected := p
	corrected.Phase = "deliverd"
	_, err := p.Follow(orderNamed(t, "continue-as-new"), parcel.Input{Parcel: &corrected}, live(), now)
	require.ErrorContains(t, err, `there is no phase "deliverd"`)

	corrected = p
	corrected.Deadline = time.Time{}
	order(t, &p, "continue-as-new", parcel.Input{Parcel: &corrected}, live(), now)
	require.Equal(t, now.Add(live().SilenceLimit), p.Deadline)
}

func TestAnEmptyListOfMailsIsNotAllMails(t *testing.T) {
	p, now := parcelForOrders(t, false)
	var in parcel.Input
	require.NoError(t, json.Unmarshal([]byte(`{"keys": []}`), &in))
	_, err := p.Follow(orderNamed(t, "retry-mails"), in, live(), now)
	require.ErrorContains(t, err, `"keys" is an empty list`)
}

// A parcel remembers proofs with its last fifty orders, and whoever reaches Temporal can give it
// fifty others.
func TestAProofWorksOnceHoweverManyOrdersFollow(t *testing.T) {
	p, now := through(t, live(), parcel.InTransit)
	proven := parcel.Input{By: "anna", Proof: "proof", Proven: true}
	order(t, &p, "pause-mails", proven, live(), now)
	for range 30 {
		order(t, &p, "resume-mails", parcel.Input{By: "eve"}, live(), now)
		order(t, &p, "pause-mails", parcel.Input{By: "eve"}, live(), now)
	}
	order(t, &p, "resume-mails", parcel.Input{By: "eve"}, live(), now)
	order(t, &p, "pause-mails", proven, live(), now)
	require.Equal(t, "anna (unproven)", p.Orders[len(p.Orders)-1].Who())
	require.Len(t, p.Orders, 50)
	require.Equal(t, "anna", p.Orders[0].Who())
	order(t, &p, "resume-mails", parcel.Input{By: "eve"}, live(), now.Add(49*time.Hour))
	require.Equal(t, "eve (unproven)", p.Orders[0].Who(), "its proof does not hold any more")
}
