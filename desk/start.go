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
	// Person is who has signed in.
	Person string
	// Waiting are the refunds that wait for the person, as in the inbox, Overdue those whose legal
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
	// More says that there can be more.
	More bool
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
	view := startView{API: ingress.Description, Person: person}
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
	var mine, deciding []string
	for _, home := range v.Homes {
		mine = append(mine, home.Name)
		if home.Decides {
			deciding = append(deciding, home.Name)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, rowsTimeout)
	defer cancel()
	var counting sync.WaitGroup
	v.Waiting.Known, v.Overdue.Known = true, true
	if len(deciding) > 0 { // no integration would mean all of them
		counting.Go(func() { v.Waiting = d.waitingFor(ctx, v.Person, deciding) })
		counting.Go(func() {
			v.Overdue.add(d.refunds.CountRefunds(ctx, recorder.RefundFilter{Open: true, Among: deciding, DueBefore: d.now().Truncate(time.Second)}))
		})
	}
	counting.Go(func() {
		all, known := d.needing(ctx, mine)
		v.Needing.Known = known
		for _, one := range all {
			v.Needing.N += int64(one.Count)
		}
	})
	counting.Wait()
}

// waitingFor counts the refunds that wait for a person, as the inbox does.
func (d *Desk) waitingFor(ctx context.Context, person string, deciding []string) count {
	v := d.viewerOf(person, deciding)
	g, err := d.groups(ctx, recorder.RefundFilter{Open: true, Among: deciding}, v, rowsAtOnce)
	return count{N: int64(len(g.of[forMe])), Known: err == nil, More: g.cut || g.unjudged > 0}
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
