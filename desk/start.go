package desk

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"waybill/ingress"
	"waybill/recorder"
	"waybill/refund"
	"waybill/words"
)

// startView is the page at the address of the host: what waits for the person, and where to go.
type startView struct {
	// Waiting are the refunds that wait for a person in their role, Overdue those whose legal
	// deadline is over, Needing the parcels that need attention.
	Waiting, Overdue, Needing count
	// Homes are the integrations in which the person works.
	Homes []startHome
	// API is the address of the description of the API.
	API string
}

// startHome is an integration, and what the person is there.
type startHome struct {
	Name    string
	Role    refund.Role
	Decides bool
}

// count is how many there are, or that it is not known.
type count struct {
	N     int64
	Known bool
}

// Count is N as a number of a text.
func (n count) Count() int { return int(n.N) }

func (n *count) add(more int64, err error) {
	n.N += more
	n.Known = n.Known && err == nil
}

// start is the page at the address of the host. Programs are led on.
func (d *Desk) start(c *gin.Context) {
	if !strings.Contains(c.GetHeader("Accept"), "text/html") {
		goTo(c, "welcomed", "/parcels")
		return
	}
	_, person, err := d.session(c)
	switch {
	case err != nil:
		d.sayUnheard(c, err)
		return
	case person == "":
		d.show(c, http.StatusOK, "welcomed", "start", page{Title: words.Say("start.welcome"), Content: startView{}})
		return
	}
	c.Set(personKey, person)
	ingress.Proven(c)
	view := startView{API: ingress.Description}
	for _, name := range d.parcelsOf(c) {
		_, people := d.people(name)
		for _, one := range people {
			if one.Name == person {
				view.Homes = append(view.Homes, startHome{name, one.Role, one.Decides()})
			}
		}
	}
	d.countAll(c.Request.Context(), &view)
	d.show(c, http.StatusOK, "welcomed", "start", page{Title: words.Say("start.title"), Content: view})
}

// countAll counts what waits in the person's integrations.
func (d *Desk) countAll(ctx context.Context, v *startView) {
	var mine, deciding, managing []string
	for _, home := range v.Homes {
		mine = append(mine, home.Name)
		if home.Decides {
			deciding = append(deciding, home.Name)
		}
		if home.Role == refund.Manager {
			managing = append(managing, home.Name)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, rowsTimeout)
	defer cancel()
	refunds := func(n *count, among []string, f recorder.RefundFilter) {
		f.Open, f.Among = true, among
		if len(among) > 0 { // no integration would mean all of them
			n.add(d.refunds.CountRefunds(ctx, f))
		}
	}
	var counting sync.WaitGroup
	v.Waiting.Known, v.Overdue.Known = true, true
	counting.Go(func() {
		refunds(&v.Waiting, deciding, recorder.RefundFilter{Role: refund.Approver})
		refunds(&v.Waiting, managing, recorder.RefundFilter{Role: refund.Manager})
	})
	counting.Go(func() { refunds(&v.Overdue, deciding, recorder.RefundFilter{DueBefore: d.now().Truncate(time.Second)}) })
	counting.Go(func() {
		all, known := d.needing(ctx, mine)
		v.Needing.Known = known
		for _, one := range all {
			v.Needing.N += int64(one.Count)
		}
	})
	counting.Wait()
}

// Decides reports whether the person decides refunds in any integration.
func (v startView) Decides() bool {
	for _, home := range v.Homes {
		if home.Decides {
			return true
		}
	}
	return false
}

// Words is what the person is in an integration.
func (h startHome) Words() *words.Text { return words.Word("start.role", h.Role) }
