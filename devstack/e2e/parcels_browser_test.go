//go:build browser

package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/delivery"
	"waybill/devstack/sendcloud"
	"waybill/devstack/sendgrid"
	"waybill/parcel"
)

// parcelPage is where the page of a parcel is.
func parcelPage(p sendcloud.Parcel) string { return fmt.Sprintf("/parcels/demo/%d", p.ID) }

// orderWithoutMail is the story of support: a customer has an order and a mail address, and no
// mail. In the end the mail is on its way.
func orderWithoutMail(d *desk) {
	p := d.addressed("bounce")
	p.Order = fmt.Sprintf("#1042-%d", p.ID)
	d.tell(p, sendcloud.ToSorting, time.Now())
	d.reported(p, delivery.Bounced)
	d.tell(p, sendcloud.DriverEnRoute, time.Now())
	d.settled(p, 2, delivery.Accepted, delivery.Parked)
	d.awaitListed(p, fmt.Sprintf("OrderNumber = '1042-%d'", p.ID))

	w := d.signIn(d.window(), "sam")
	w.eventually("the list to have what needs attention", func() error {
		w.visit("/parcels", http.StatusOK)
		if page := w.text(); !strings.Contains(page, "Mail bounced: ") || !strings.Contains(page, fmt.Sprintf("Parcel %d", p.ID)) {
			return errors.New(page)
		}
		return nil
	})
	w.lacks("Refunds")
	w.look("parcels")
	w.write("search-q", "no such order")
	w.press("Find", http.StatusOK)
	w.reads("Nothing was found.")
	w.look("parcels-nothing-found")

	w.write("search-q", p.Recipient.Email)
	w.press("Find", http.StatusOK)
	w.at(parcelPage(p))
	w.visit("/parcels", http.StatusOK)
	w.write("search-q", fmt.Sprintf("1042-%d", p.ID))
	w.press("Find", http.StatusOK)
	w.at(parcelPage(p))
	w.reads("No mail is sent because a mail to this address bounced. Later mails wait for another address.",
		p.Recipient.Email, "Out for delivery", "Mail bounced", "What will happen if no scan comes", "bounced (invalid address, 5.1.1)", "There are no orders.")
	w.look("parcel-bounced")

	mended := "mended-" + p.Recipient.Email
	w.write("change-email", "mended@")
	w.press("Check the change", http.StatusConflict)
	w.reads("No mail can be sent to the new address")
	w.look("parcel-fault")
	w.write("change-email", mended)
	w.press("Check the change", http.StatusOK)
	w.reads("Change recipient: what will happen", mended, "Out for delivery: leaves at once")
	w.look("parcel-trial")
	require.Equal(d, []string{"shipped"}, d.mails(p), "nothing has happened yet")
	w.write("trial-why", "a typing error")
	w.press("Change recipient now", http.StatusOK)
	w.reads("The recipient is changed.", mended, "a typing error", "Change recipient by sam")
	w.lacks("unproven")

	d.settled(p, 2, delivery.Accepted, delivery.Accepted)
	sent := p
	sent.Recipient.Email = mended
	require.Equal(d, []string{"out_for_delivery"}, d.mails(sent), "it is on its way")
	w.eventually("SendGrid to say that it was delivered", func() error {
		w.visit(parcelPage(p), http.StatusOK)
		if !strings.Contains(w.text(), "SendGrid: delivered") {
			return errors.New(w.text())
		}
		return nil
	})
	w.lacks("No mail is sent")
	w.reads("The mail “out for delivery” went out on")
	w.look("parcel-mended")
	mails := d.sendgrid.Mails()
	i := slices.IndexFunc(mails, func(m sendgrid.Mail) bool { return m.To == mended })
	w.follow(mails[i].Subject, http.StatusOK)
	w.reads("Waybill keeps no copy of it")
	w.look("parcel-mail")
	require.NoError(d, d.logged(fmt.Sprintf(`"parcel":"demo/%d","person":"sam"`, p.ID)))
	require.NotContains(d, d.ingress.output(), p.Recipient.Email)
}

func mailAgainInGerman(d *desk) {
	p := d.parcel()
	d.tell(p, sendcloud.ToSorting, time.Now())
	d.settled(p, 1, delivery.Accepted)
	w := d.signIn(d.window(), "anna") // approvers work on parcels too
	w.visit(parcelPage(p), http.StatusOK)
	w.reads("shipped, in ", "Refunds")
	w.unfold("Change recipient")
	w.choose("change-language", "German")
	w.press("Check the change", http.StatusOK)
	w.reads("No mail leaves now.")
	w.press("Change recipient now", http.StatusOK)
	w.reads("The recipient is changed.")
	w.press("Send again", http.StatusOK)
	w.reads("Shipped: leaves at once")
	w.press("Send again now", http.StatusOK)
	d.settled(p, 1, delivery.Accepted, delivery.Accepted)
	known, err := d.describe(p)
	require.NoError(d, err)
	require.Equal(d, parcel.German, known.MailFacts().Recipient.Language)
	require.Equal(d, p.Recipient.Email, known.MailFacts().Recipient.Email)
}

// pageThatWasWanted is the page that a mail to operations leads to.
func pageThatWasWanted(d *desk) {
	w := d.window()
	const wanted = "/parcels?attention=mail+bounced&integration=demo"
	w.visit(wanted, http.StatusOK)
	w.at("/sign-in")
	w.withLink(d, "mia", func(mailed string) {
		w.visit(mailed, http.StatusOK)
		w.press("Sign in", http.StatusOK)
	})
	w.at(wanted)
}

func mailsPaused(d *desk) {
	p := d.parcel()
	d.tell(p, sendcloud.ToSorting, time.Now())
	d.settled(p, 1, delivery.Accepted)
	w := d.signIn(d.window().withoutScript(), "sam")
	w.visit(parcelPage(p), http.StatusOK)
	w.press("Pause mails", http.StatusOK)
	w.press("Pause mails now", http.StatusOK)
	w.reads("The mails of this parcel are paused.", "No mail is sent because the mails of this parcel are paused since")
	w.press("Resume mails", http.StatusOK)
	w.press("Resume mails now", http.StatusOK)
	w.reads("The mails of this parcel are not paused any more.")
	known, err := d.describe(p)
	require.NoError(d, err)
	require.Len(d, known.Orders, 2)
	require.Equal(d, "sam", known.Orders[1].Who())
}

func noParcelIsSeen(d *desk) {
	p := d.parcel()
	d.tell(p, sendcloud.ToSorting, time.Now())
	d.settled(p, 1, delivery.Accepted)
	w := d.window()
	for _, path := range []string{"/parcels", parcelPage(p), parcelPage(p) + "/mails/x", parcelPage(p) + "/mails/x/html", "/parcels?q=1042"} {
		w.visit(path, http.StatusOK)
		w.at("/sign-in")
		w.lacks(p.Recipient.Email)
	}
	for path, want := range map[string]int{"/api/parcels": http.StatusUnauthorized, "/api" + parcelPage(p): http.StatusUnauthorized, "/api/batches/x": http.StatusUnauthorized} {
		code, said := d.request(http.MethodGet, path, nil, "")
		require.Equal(d, want, code)
		require.NotContains(d, said, p.Recipient.Email)
	}
}
