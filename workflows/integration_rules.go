package workflows

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"waybill/contract"
	"waybill/delivery"
)

// What happens to an integration. These are rules, and run inside recorded steps only.

// tell queues a notice to operations.
func tell(s *contract.IntegrationState, alert contract.Alert, at time.Time) {
	s.Notices.Queue(delivery.Message[contract.Alert]{
		Key: delivery.Key(integrationSubject(s.Integration), "notice/"+string(alert.Attention)+"/"+alert.ID, int(at.Unix())), About: alert, Decided: at, Terms: delivery.NoticeTerms,
	}, noticesKept)
}

// takeReport notes what the mail provider tells of a notice.
func takeReport(s *contract.IntegrationState, report delivery.Report, at time.Time) {
	s.Notices.Apply(report, at)
}

// takeAlert notes an alert, once.
func takeAlert(s *contract.IntegrationState, alert contract.Alert, at time.Time) {
	if slices.ContainsFunc(s.Alerts, func(known contract.Alert) bool { return known.ID == alert.ID }) {
		return
	}
	s.Alerts = append(s.Alerts, alert)
	s.Alerts = s.Alerts[max(0, len(s.Alerts)-alertsKept):]
	tell(s, alert, at)
}

// toldAgainAfter is how long operations are not mailed again about parcels that need attention for
// the same reason.
const toldAgainAfter = time.Hour

// takeCount notes how many parcels need attention, unless something newer is known.
func takeCount(s *contract.IntegrationState, count contract.ParcelCount, at time.Time) {
	if !count.At.After(s.CountedAt) {
		return
	}
	s.CountedAt = count.At
	next := map[contract.Attention]contract.NeedingNow{}
	for why, needing := range count.Needing {
		known := s.Needing[why]
		next[why] = contract.NeedingNow{Needing: needing, Told: min(known.Told, needing.Count), ToldAt: known.ToldAt}
	}
	for why, known := range s.Needing { // a reason that comes and goes is no news each time
		if _, still := next[why]; !still && at.Before(known.ToldAt.Add(toldAgainAfter)) {
			next[why] = contract.NeedingNow{ToldAt: known.ToldAt}
		}
	}
	s.Needing = next
}

// tellNeeding has operations told, once for each reason, that more parcels need attention than
// they know of. It returns when it has to look again; zero is never.
func tellNeeding(s *contract.IntegrationState, at time.Time) (again time.Time) {
	for _, why := range slices.Sorted(maps.Keys(s.Needing)) {
		now := s.Needing[why]
		switch due := now.ToldAt.Add(toldAgainAfter); {
		case now.Count <= now.Told:
		case at.Before(due):
			again = delivery.Earliest(again, due)
		default:
			about := now.Needing
			about.Before = now.Told
			tell(s, contract.Alert{Integration: s.Integration, Attention: why, Parcels: &about, At: at}, at)
			now.Told, now.ToldAt = now.Count, at
			s.Needing[why] = now
		}
	}
	return again
}

// takeMailState notes whether mails can be sent, unless it is older than what is known.
func takeMailState(s *contract.IntegrationState, mail contract.MailState, at time.Time) {
	if s.Mail == nil || mail.At.After(s.Mail.At) {
		s.Mail = &mail
		judge(s, at)
	}
}

// takeReconciliation notes how a reconciliation went, once.
func takeReconciliation(s *contract.IntegrationState, done contract.Reconciliation, at time.Time) {
	if s.Reconciled != nil && !done.At.After(s.Reconciled.At) {
		return
	}
	s.Reconciled = &done
	both := done.Swept.Add(done.Rechecked)
	if missed := &s.Missed; both.Missed > 0 {
		missed.Parcels += both.Missed
		missed.LastAt = done.At
		missed.MostLate = max(missed.MostLate, both.MostLate)
		missed.AllLate += both.AllLate
	}
	judge(s, at)
}

// takeChange notes a change, once. A late one is recorded, and changes nothing else.
func takeChange(s *contract.IntegrationState, change contract.IntegrationChange, at time.Time) {
	if slices.ContainsFunc(s.Changes, func(e contract.IntegrationEntry) bool { return e.ID == change.ID }) {
		return
	}
	entry := contract.IntegrationEntry{ID: change.ID, At: change.At, Late: change.At.Before(s.Latest.At)}
	if !entry.Late {
		s.Latest = supplement(change, s.Latest)
		judge(s, at)
		entry.Attention = s.Attention
	}
	s.Changes = append(s.Changes, entry)
	s.Changes = s.Changes[max(0, len(s.Changes)-changesKept):]
}

// supplement fills in what a change left out. Since when webhooks fail is not filled in: left
// out, it says that they do not.
func supplement(change, before contract.IntegrationChange) contract.IntegrationChange {
	change.Number = cmp.Or(change.Number, before.Number)
	change.ShopName = cmp.Or(change.ShopName, before.ShopName)
	change.ShopURL = cmp.Or(change.ShopURL, before.ShopURL)
	change.System = cmp.Or(change.System, before.System)
	change.WebhookActive = cmp.Or(change.WebhookActive, before.WebhookActive)
	return change
}

// judge decides whether the integration needs attention, and informs operations when
// that changes.
func judge(s *contract.IntegrationState, at time.Time) {
	before := s.Attention
	s.Attention = attentionFor(s.Latest, s.Reconciled, s.Mail)
	if s.Attention != "" && s.Attention != contract.MailsNotSent && s.Attention != before {
		tell(s, contract.Alert{Integration: s.Integration, Attention: s.Attention, At: at}, at)
	}
}

// attentionFor says why an integration needs attention. Its parcels go on in any case.
func attentionFor(latest contract.IntegrationChange, reconciled *contract.Reconciliation, mail *contract.MailState) contract.Attention {
	switch {
	case mail != nil && mail.Fault != "":
		return contract.MailsNotSent
	case latest.Deleted:
		return contract.IntegrationDeleted
	case latest.WebhookActive != nil && !*latest.WebhookActive:
		return contract.WebhookSwitchedOff
	case !latest.FailingSince.IsZero():
		return contract.WebhookFailing
	case reconciled != nil && reconciled.Fault != "":
		return contract.ReconciliationFails
	case reconciled != nil && reconciled.Missed() > 0:
		return contract.WebhooksMissed
	}
	return ""
}
