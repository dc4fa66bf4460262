package desk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/contract"
	"waybill/delivery"
	"waybill/ingress"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/refund"
	"waybill/search"
	"waybill/words"
)

// parcelsView is the list of parcels.
type parcelsView struct {
	Search       parcelSearch
	Integrations []string
	Phases       []parcel.Phase
	Needing      []needed
	// Reasons are those for attention. Concerns are what integrations need, in sentences.
	Reasons  []contract.Attention
	Concerns []*words.Text
	Rows     []parcelRow
	Refunds  []inboxRow
	More     bool
}

// parcelRow is a parcel in the list.
type parcelRow struct {
	recorder.ListedParcel
	Path string
}

// parcelsPage lists parcels, or what a search found.
func (d *Desk) parcelsPage(c *gin.Context) { d.open(c, d.showParcels) }

// searchParcels takes a search for parcels.
func (d *Desk) searchParcels(c *gin.Context) { d.searched(c, "/parcels", d.showParcels) }

func (d *Desk) showParcels(c *gin.Context, q url.Values) {
	ingress.Note(c, "person", c.GetString(personKey))
	mine := d.parcelsOf(c)
	s, faults := readParcelSearch(q, mine)
	found, err := d.look(c.Request.Context(), s, mine, d.mine(c))
	switch {
	case errors.Is(err, search.ErrNoKey):
		faults = append(faults, refund.Fault{Field: "q", Why: words.Say("parcels.no_key")})
	case err != nil:
		ingress.Note(c, "fault", err.Error())
		d.say(c, http.StatusServiceUnavailable, "no answer", message{Name: "no_parcel_list", Next: words.Say("next.again"), Path: "/parcels"})
		return
	}
	if s.Typed != "" && len(found.Parcels) == 1 && len(found.Refunds) == 0 {
		goTo(c, "found", parcelPath(found.Parcels[0].ParcelRef))
		return
	}
	for i := range faults {
		if slices.Contains([]string{"since", "limit"}, faults[i].Field) {
			faults[i].Field = "" // it has no field to mend it in
		}
	}
	view := parcelsView{Search: s, Integrations: mine, Phases: parcel.Phases(), Reasons: reasons(s.Attention), More: found.More}
	asking, stop := context.WithTimeout(c.Request.Context(), rowsTimeout)
	defer stop()
	var side sync.WaitGroup
	side.Go(func() { view.Concerns = d.concerns(asking, mine) })
	recorder.AskParcels(asking, d.parcels, found.Parcels)
	side.Wait()
	if s.Typed == "" {
		view.Needing, _ = d.needing(c.Request.Context(), mine)
	}
	for _, one := range found.Parcels {
		view.Rows = append(view.Rows, parcelRow{ListedParcel: one, Path: parcelPath(one.ParcelRef)})
	}
	for _, one := range found.Refunds {
		view.Refunds = append(view.Refunds, inboxRow{ListedRefund: one, Path: pathOf(one.RefundRef)})
	}
	code, outcome := http.StatusOK, "listed"
	if len(faults) > 0 {
		code, outcome = http.StatusUnprocessableEntity, "unreadable"
	}
	d.show(c, code, outcome, "parcels", page{Title: words.Say("parcels.title"), Faults: faults, Form: "search", Content: view})
}

// parcelView is one parcel.
type parcelView struct {
	*parcel.Parcel
	Name *words.Text
	Path string
	// Why says why there is no mail, and Mend is the order on the page that helps.
	Why  *words.Text
	Mend *parcelAction
	// Concern is what the integration needs.
	Concern *words.Text
	// Sent is when the last mail went out, if that is the newest news.
	Sent    *words.Text
	Newest  parcel.Entry
	Ends    *words.Text
	Lines   []line
	Mails   []mailView
	Unsent  []parcel.Entry
	Outlook []parcel.Foretold
	// Unasked says why SendGrid was not asked.
	Unasked *words.Text
	// Actions are the orders that make sense now. Change is the form of a new recipient.
	Actions []parcelAction
	Change  *changeForm
	// UI leads to Temporal.
	UI string
}

// line is a fact in words.
type line struct{ Label, Value *words.Text }

// parcelAction is an order as a button.
type parcelAction struct {
	parcel.Order
	Path string
}

// changeForm is the form of change-recipient, with what was typed.
type changeForm struct {
	parcelAction
	Languages []parcel.Language
	Given     parcel.Input
	Open      bool
	// Fault is what is wrong with it.
	Fault *words.Text
}

// mailView is a mail to the recipient.
type mailView struct {
	parcel.Mail
	Subject, To, Path string
	Said              *words.Text
	// When it left, or was decided.
	When time.Time
	// Failed is how it failed to arrive.
	Failed delivery.ReportKind
	// Again, Retry and Drop are the paths of buttons: to send a mail again that was accepted, and to
	// retry or drop a parked one.
	Again, Retry, Drop string
}

// parcelPage shows a parcel.
func (d *Desk) parcelPage(c *gin.Context) {
	at, ok := d.approachParcel(c, d.sayLostParcel)
	if !ok {
		return
	}
	d.showParcel(c, http.StatusOK, "shown", at, parcel.Input{}, nil)
}

// sayLostParcel says why a parcel cannot be shown.
func (d *Desk) sayLostParcel(c *gin.Context, a ingress.Answer) {
	m := message{Name: "no_parcel"}
	switch a.Code {
	case http.StatusServiceUnavailable:
		m.Name = "no_parcel_answer"
		if c.Request.Method == http.MethodGet {
			m.Next, m.Path = words.Say("next.again"), c.Request.URL.Path
		}
	case http.StatusForbidden:
		m.Name = "not_your_parcel"
	}
	d.say(c, a.Code, a.Outcome, m)
}

// showParcel shows a parcel. given and faults are what was wrong with an order.
func (d *Desk) showParcel(c *gin.Context, code int, outcome string, at parcelVisit, given parcel.Input, faults []refund.Fault) {
	ctx, p, policy := c.Request.Context(), &at.known, d.config.Parcels.Policy(at.of.Integration)
	var log logged
	var asking sync.WaitGroup
	asking.Go(func() { log = d.askLog(ctx, p) })
	told := d.told(ctx, at.of.Integration)
	shop := d.shopOf(at.of.Integration, told)
	asking.Wait()
	reader := d.reads(c)
	view := parcelView{
		Parcel: p, Name: words.Say("parcel.title", "ID", at.of.ID, "Integration", at.of.Integration), Path: parcelPath(at.of),
		Newest: p.NewestScan(), Lines: parcelLines(p, policy), Unasked: log.Unasked, UI: d.temporalUI(at.of.WorkflowID()),
	}
	if !p.Closed {
		view.Concern = concern(at.of.Integration, told.Attention)
	}
	var mend string
	view.Why, mend = p.NoMail()
	if p.Mails.Sending() != nil && told.Attention == contract.MailsNotSent {
		view.Why = nil // that it is being sent would contradict the concern
	}
	d.offerActions(&view, at, mend, given)
	for i := range faults {
		switch {
		case view.Change == nil:
			faults[i].Field = "" // its form is not on the page
		case faults[i].Field != "":
			view.Change.Fault, view.Change.Open = faults[i].Why, true
		}
	}
	for _, m := range slices.Backward(p.Mails) {
		rendered, err := d.render(p, m, shop)
		if err != nil {
			ingress.Note(c, "fault", err.Error()) // of the words or the layout
		}
		view.Mails = append(view.Mails, d.mailView(reader, at, m, cmp.Or(rendered.Subject, reader.Tell(words.Word("mail_kind", m.About.Kind))), log))
		if view.Why == nil && view.Sent == nil && m.State == delivery.Accepted {
			view.Sent = words.Say("parcel.went_out", "Mail", words.Word("mail_kind", m.About.Kind), "At", m.Done)
		}
	}
	for _, e := range slices.Backward(p.Ledger) {
		if !e.Reason.Sends() {
			view.Unsent = append(view.Unsent, e)
		}
	}
	view.Ends = words.Say("parcel.followed_until", "Until", p.Deadline)
	if p.Closed {
		view.Ends = words.Say("parcel.not_followed_since", "Since", p.Deadline)
	} else if !p.Deadline.IsZero() {
		var err error
		view.Outlook, err = parcel.Foretell(*p, parcel.Rehearse(*p, policy, at.now), func(m parcel.Mail) (string, error) {
			rendered, err := d.render(p, m, shop)
			return rendered.Subject, err
		})
		if err != nil {
			ingress.Note(c, "fault", err.Error())
		}
	}
	o, _ := parcel.OrderNamed(d.doneOrder(c.Query("done"), at.of.WorkflowID(), at.by))
	d.show(c, code, outcome, "parcel", page{Title: view.Name, Done: o.Done(), Faults: faults, Form: "change", Content: view})
}

// offerActions says what can be ordered.
func (d *Desk) offerActions(v *parcelView, at parcelVisit, mend string, given parcel.Input) {
	if at.known.Closed {
		return
	}
	for _, o := range parcelOrders() {
		action := parcelAction{Order: o, Path: v.Path + "/" + o.Name}
		if o.Unfit(&at.known) != nil {
			continue
		}
		if o.Name == mend {
			v.Mend = &action
		}
		switch o.Name {
		case "change-recipient":
			v.Change = &changeForm{parcelAction: action, Languages: parcel.Languages(), Given: given, Open: o.Name == mend}
		case "send-again": // each mail has its own button
		default:
			v.Actions = append(v.Actions, action)
		}
	}
}

// parcelLines are the facts of a parcel.
func parcelLines(p *parcel.Parcel, policy parcel.Policy) []line {
	f := p.MailFacts()
	address := words.Verbatim(f.Recipient.Email)
	if address == nil {
		address = words.Say("parcel.no_address")
	}
	all := []line{
		{words.Say("parcel.order"), words.Verbatim(f.OrderNumber)},
		{words.Say("parcel.recipient"), words.Verbatim(f.Recipient.Name)},
		{words.Say("parcel.address"), address},
		{words.Say("parcel.country"), words.Verbatim(f.Recipient.Country)},
		{words.Say("parcel.language"), words.Word("language", policy.LanguageFor(f.Recipient))},
		{words.Say("parcel.carrier"), words.Verbatim(cmp.Or(f.CarrierName, f.CarrierCode))},
		{words.Say("parcel.tracking"), words.Verbatim(f.TrackingNumber)},
		{words.Say("parcel.policy"), words.Verbatim(p.PolicyAt(p.NewestScan().At))},
	}
	return slices.DeleteFunc(all, func(l line) bool { return l.Value == nil })
}

// mailView is a mail, and what can be done with it.
func (d *Desk) mailView(reader words.Reader, at parcelVisit, m parcel.Mail, subject string, log logged) mailView {
	path := parcelPath(at.of)
	v := mailView{Mail: m, Subject: subject, To: reader.Tell(addressee(&at.known, m)), When: m.Decided, Path: path + "/mails/" + m.Key, Said: parcel.Remark(m)}
	if m.State == delivery.Accepted {
		v.When = m.Done
	}
	if r := log.of(m.Key); r != nil && (m.Report == nil || r.Kind != m.Report.Kind) {
		v.Said = words.Join(v.Said, words.Say("parcel.sendgrid_says", "Report", words.Word("report", r.Kind), "At", r.At))
	}
	for _, r := range []*delivery.Report{m.Report, log.of(m.Key)} {
		if r != nil && r.Kind.Bad() {
			v.Failed = r.Kind
		}
	}
	if at.known.Closed || !at.known.ErasedAt.IsZero() {
		return v
	}
	switch m.State {
	case delivery.Accepted:
		v.Again = path + "/send-again"
	case delivery.Parked:
		v.Retry, v.Drop = path+"/retry-mails", path+"/drop-mails"
	case delivery.Waiting, delivery.Sending, delivery.Superseded, delivery.Dropped:
	}
	return v
}

// temporalUI is a workflow's page in Temporal's UI; empty if the UI has no known address.
func (d *Desk) temporalUI(workflowID string) string {
	if d.config.Parcels.TemporalUI == "" {
		return ""
	}
	return strings.TrimSuffix(d.config.Parcels.TemporalUI, "/") + "/namespaces/" + url.PathEscape(d.namespace) + "/workflows/" + url.PathEscape(workflowID)
}
