package parcel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/parcel"
)

func TestWhyThereIsNoMail(t *testing.T) {
	shadow, off, held := live(), live(), live()
	shadow.Mode, held.Hold = parcel.Shadow, 3*time.Minute
	off.Mails = nil
	nine := monday(t, "09:00")
	for name, c := range map[string]struct {
		policy     parcel.Policy
		parcel     func(t *testing.T, policy parcel.Policy) parcel.Parcel
		why, order string
	}{
		"nothing was reported": {live(), func(*testing.T, parcel.Policy) parcel.Parcel { return parcel.Parcel{} },
			"No mail was sent because Sendcloud has reported nothing of this parcel yet.", ""},
		"nothing was news": {live(), went(parcel.Announcing),
			"No mail was sent because nothing has happened to this parcel that its recipient is told: no mail for this phase.", ""},
		"shadow mode": {shadow, went(parcel.InTransit),
			"The mail “shipped” was not sent because the policy of the integration is in shadow mode: it decides and records everything, and sends nothing.", ""},
		"switched off": {off, went(parcel.InTransit), "The mail “shipped” was not sent because the policy has this kind of mail switched off.", ""},
		"no address": {live(), func(_ *testing.T, policy parcel.Policy) (p parcel.Parcel) {
			take(&p, parcel.Scan{StatusID: 3, Phase: parcel.InTransit, At: nine}, policy, nine)
			return p
		}, "The mail “shipped” was not sent because Sendcloud has no mail address of the recipient.", "change-recipient"},
		"no address until it is too late": {live(), func(t *testing.T, policy parcel.Policy) (p parcel.Parcel) {
			take(&p, parcel.Scan{StatusID: 3, Phase: parcel.InTransit, At: nine}, policy, nine)
			order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.org"}, policy, nine.AddDate(0, 0, 4))
			return p
		}, "The mail “shipped” was not sent because no mail address of the recipient was known at that time. Later mails go to the address that is known now.", ""},
		"a return parcel": {live(), func(_ *testing.T, policy parcel.Policy) (p parcel.Parcel) {
			s := scanOf(parcel.InTransit, nine)
			s.Facts.IsReturn = true
			take(&p, s, policy, nine)
			return p
		}, "No mail is sent because this is a return parcel: its recipient is the shop.", ""},
		"paused": {live(), func(t *testing.T, policy parcel.Policy) parcel.Parcel {
			p, now := through(t, policy, parcel.Announced)
			order(t, &p, "pause-mails", parcel.Input{}, policy, now)
			take(&p, scanOf(parcel.InTransit, now), policy, now)
			return p
		}, "No mail is sent because the mails of this parcel are paused since Mon 2 Nov 2026, 09:00 UTC.", "resume-mails"},
		"bounced, and nothing waits": {live(), func(t *testing.T, _ parcel.Policy) parcel.Parcel {
			p, now := accepted(t)
			report(&p, delivery.Bounced, now)
			return p
		}, "No mail is sent because a mail to this address bounced. Later mails wait for another address.", "change-recipient"},
		"the address was changed after that": {live(), func(t *testing.T, policy parcel.Policy) parcel.Parcel {
			p, now := accepted(t)
			report(&p, delivery.Bounced, now)
			order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.org"}, policy, now)
			return p
		}, "The mail “shipped” was sent to an earlier address and did not arrive: bounced.", "send-again"},
		"what waited leaves to another address": {live(), func(t *testing.T, policy parcel.Policy) parcel.Parcel {
			p, now := accepted(t)
			report(&p, delivery.Bounced, now)
			take(&p, scanOf(parcel.OutForDelivery, now.Add(time.Hour)), policy, now.Add(time.Hour))
			order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.org"}, policy, now.Add(2*time.Hour))
			return p
		}, "The mail “out for delivery” is being sent at the moment.", ""},
		"dropped by the provider": {live(), func(t *testing.T, _ parcel.Policy) parcel.Parcel {
			p, now := accepted(t)
			report(&p, delivery.NotTried, now)
			return p
		}, "The mail “shipped” was sent and did not arrive: dropped.", "change-recipient"},
		"parked": {live(), func(t *testing.T, policy parcel.Policy) parcel.Parcel {
			p, now := through(t, policy, parcel.InTransit)
			settle(t, &p, policy, now, delivery.Refused, "")
			return p
		}, "The mail “shipped” was not sent because it failed for good: because.", "retry-mails"},
		"given up": {live(), func(t *testing.T, policy parcel.Policy) parcel.Parcel {
			p, now := through(t, policy, parcel.InTransit)
			settle(t, &p, policy, now, delivery.Refused, "")
			order(t, &p, "drop-mails", parcel.Input{}, policy, now)
			return p
		}, "The mail “shipped” was not sent: because.", ""},
		"held":       {held, went(parcel.InTransit), "The mail “shipped” is held until Mon 2 Nov 2026, 09:03 UTC: in case more happens.", ""},
		"being sent": {live(), went(parcel.InTransit), "The mail “shipped” is being sent at the moment.", ""},
		"no answer": {live(), func(t *testing.T, policy parcel.Policy) parcel.Parcel {
			p, now := through(t, policy, parcel.InTransit)
			settle(t, &p, policy, now, delivery.Unanswered, "")
			return p
		}, "The mail “shipped” was tried and got no answer. Proof is looked for at Mon 2 Nov 2026, 09:05 UTC.", ""},
		"it went out": {live(), func(t *testing.T, policy parcel.Policy) parcel.Parcel {
			p, now := accepted(t)
			take(&p, scanOf(parcel.InTransit, now.Add(time.Hour)), policy, now.Add(time.Hour))
			return p
		}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.parcel(t, c.policy)
			why, order := p.NoMail()
			require.Equal(t, c.why, why.String())
			require.Equal(t, c.order, order)
			if order != "" {
				require.NotEmpty(t, orderNamed(t, order).Name)
			}
		})
	}
}

// went is a parcel that went through them.
func went(all ...parcel.Phase) func(*testing.T, parcel.Policy) parcel.Parcel {
	return func(t *testing.T, policy parcel.Policy) parcel.Parcel {
		p, _ := through(t, policy, all...)
		return p
	}
}

func TestTheLanguageIsChangedWithoutTheAddress(t *testing.T) {
	p, now := accepted(t)
	report(&p, delivery.Bounced, now)
	take(&p, scanOf(parcel.OutForDelivery, now.Add(time.Hour)), live(), now.Add(time.Hour))
	require.Empty(t, order(t, &p, "change-recipient", parcel.Input{Language: parcel.French}, live(), now))
	require.Equal(t, parcel.French, p.Mails[1].About.Language)
	require.Equal(t, "jane.doe@example.com", p.MailFacts().Recipient.Email)
	require.Equal(t, parcel.ReasonBounced, p.Silenced, "the address is the one that bounced")

	order(t, &p, "change-recipient", parcel.Input{Email: "jane@example.org"}, live(), now)
	require.Equal(t, parcel.French, p.MailFacts().Recipient.Language, "what is not given stays")
	_, err := p.Follow(orderNamed(t, "change-recipient"), parcel.Input{}, live(), now)
	require.EqualError(t, err, "nothing is to be changed: give email, name or language")
}
