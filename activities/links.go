package activities

import (
	"fmt"
	"net/url"
	"time"

	"waybill/contract"
	"waybill/link"
)

// Links make the addresses that mails lead to. Without keys and a public address
// they are empty, and mails have no button.
type Links struct {
	Keys link.Keys
	// PublicURL is where the ingress is reached from outside; it ends without a slash.
	PublicURL string
}

// Decide leads one person to the decision about one refund. The mail's key is its
// nonce: every copy of a mail has the same link, which decides once.
func (l Links) Decide(of contract.RefundRef, identity, mailKey string, now time.Time) string {
	if !l.usable() {
		return ""
	}
	return l.to("/refunds/decide", link.Link{
		Purpose: link.Decide, Subject: of.WorkflowID(), Person: l.Keys.Person(identity),
		Nonce: mailKey, Until: now.Add(link.Decide.Lasts()).Unix(),
	})
}

// SignIn leads to the pages of the desk, once.
func (l Links) SignIn(s contract.SignInMail, identity string) string {
	if !l.usable() {
		return ""
	}
	return l.to("/session", link.Link{
		Purpose: link.SignIn, Subject: s.Name, Person: l.Keys.Person(identity), Nonce: s.Nonce, Until: s.Until.Unix(),
	})
}

// Refund leads to a refund's page, for those who have signed in.
func (l Links) Refund(of contract.RefundRef) string {
	if l.PublicURL == "" || of.ReturnID == 0 {
		return ""
	}
	return fmt.Sprintf("%s/refunds/%s", l.PublicURL, of)
}

// Refunds leads to the list of refunds, likewise.
func (l Links) Refunds() string {
	if l.PublicURL == "" {
		return ""
	}
	return l.PublicURL + "/refunds"
}

// Parcels leads to the list of parcels that need attention, for those who have signed in.
func (l Links) Parcels(integration string, attention contract.Attention) string {
	if !l.usable() {
		return ""
	}
	return l.PublicURL + "/parcels?" + url.Values{"integration": {integration}, "attention": {string(attention)}}.Encode()
}

func (l Links) usable() bool { return len(l.Keys) > 0 && l.PublicURL != "" }

func (l Links) to(path string, what link.Link) string {
	return l.PublicURL + path + "?" + url.Values{"link": {l.Keys.Sign(what)}}.Encode()
}
