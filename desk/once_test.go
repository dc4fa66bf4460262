package desk

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

// onceOf is the text in the form of an order on a refund's page.
func onceOf(t *testing.T, page, order string) string {
	t.Helper()
	found := regexp.MustCompile(`value="` + order + `">\n<input type="hidden" name="once" value="([0-9A-Z]+)"`).FindStringSubmatch(page)
	require.NotNil(t, found, order)
	return found[1]
}

// noted counts the notes in a decision log.
func noted(r refund.Refund) (n int) {
	for _, e := range r.Receipt {
		if e.What == "noted" {
			n++
		}
	}
	return n
}

func TestANoteThatIsSentTwiceStandsOnce(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	form := url.Values{"text": {"The customer called."}, "once": {onceOf(t, anna.get(pathOf(of)).body, "note")}}
	for range 3 {
		r := anna.post(pathOf(of)+"/note", form)
		require.Equal(t, http.StatusSeeOther, r.code, r.body)
		require.Contains(t, anna.get(r.header.Get("Location")).body, "Your note stands in the decision log.")
	}
	require.Equal(t, 1, noted(w.all[of]))

	form.Set("text", "The customer called again.")
	require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/note", form).code, "who goes back and writes another note")
	require.Equal(t, 2, noted(w.all[of]))
	form.Set("once", onceOf(t, anna.get(pathOf(of)).body, "note"))
	require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/note", form).code, "another form")
	require.Equal(t, 3, noted(w.all[of]))
	ben := w.signedInAs("ben")
	require.Equal(t, http.StatusSeeOther, ben.post(pathOf(of)+"/note", form).code, "another person")
	require.Equal(t, 4, noted(w.all[of]))
}

func TestAPersonIsAskedOnceByOneForm(t *testing.T) {
	w := open(t)
	of := w.request("demo", 42)
	anna := w.signedInAs("anna")
	form := url.Values{"to": {"ben"}, "once": {onceOf(t, anna.get(pathOf(of)).body, "reassign")}}
	require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/reassign", form).code)
	lines := len(w.all[of].Receipt)
	require.Equal(t, http.StatusSeeOther, anna.post(pathOf(of)+"/reassign", form).code)
	require.Len(t, w.all[of].Receipt, lines)
	require.NotContains(t, anna.get(pathOf(of)).body, `value="approve">`+"\n"+`<input type="hidden" name="once"`, "the refund tells a second approval itself")
}
