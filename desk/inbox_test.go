package desk

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/contract"
	"waybill/recorder"
	"waybill/refund"
	"waybill/search"
)

// grouped are the numbers of the returns in each group of a page, in their order.
func grouped(body string) map[string][]string {
	all := map[string][]string{}
	for _, section := range regexp.MustCompile(`(?s)<section class="waits" aria-labelledby="group-(\w+)">(.*?)</section>`).FindAllStringSubmatch(body, -1) {
		all[section[1]] = []string{}
		for _, row := range regexp.MustCompile(`<a href="/refunds/[a-z-]+/(\d+)">`).FindAllStringSubmatch(section[2], -1) {
			all[section[1]] = append(all[section[1]], row[1])
		}
	}
	return all
}

// posted begins a refund whose legal deadline began some days ago.
func (w *fixture) posted(id int64, ago int, change ...func(*refund.Facts)) contract.RefundRef {
	of := w.request("demo", id, append(change, func(f *refund.Facts) { f.NoticeAt = w.clock.AddDate(0, 0, -ago) })...)
	w.happens(of, func(r *refund.Refund, p refund.Policy) error {
		r.Posted(w.clock.AddDate(0, 0, -ago), p, w.clock)
		return nil
	})
	return of
}

func (w *fixture) amount(value string) func(*refund.Facts) {
	return func(f *refund.Facts) { f.Amount, f.OrderValue = euro(w.t, value), euro(w.t, "900") }
}

func TestTheInboxBeginsWithWhatWaitsForThePerson(t *testing.T) {
	w := open(t)
	w.people["demo"][0] = person("anna", refund.Approver, map[string]refund.Money{"EUR": euro(t, "200")})
	w.posted(1, 3)
	w.posted(2, 9)
	w.posted(3, 5, w.amount("400"))                                            // two have to approve it, and only mia may
	w.posted(4, 6, func(f *refund.Facts) { f.RequestedBy = "anna" })           // her own
	w.says(w.posted(5, 1), "ben", "reassign", map[string]string{"to": "anna"}) // given to her
	w.says(w.posted(6, 2), "anna", "reassign", map[string]string{"to": "ben"}) // given to another person
	w.says(w.posted(7, 7), "ben", "ask-customer", map[string]string{"question": "Which?"})
	w.posted(8, 13) // mine, and overdue soon
	w.inState(9, refund.PayFailed)
	w.inState(10, refund.Paid)
	w.inState(11, refund.Paying)
	w.posted(12, 4, w.amount("250")) // more than she may approve

	page := w.signedInAs("anna").get("/refunds")
	require.Equal(t, http.StatusOK, page.code)
	requirePage(t, page.body)
	keepPage(t, "inbox", page.body)
	require.Equal(t, map[string][]string{
		"me": {"5", "8", "2", "1"}, "others": {"7", "4", "12", "6", "11"}, "trouble": {"3", "9"},
	}, grouped(page.body), "given to her first, then by the legal deadline")
	for _, says := range []string{"Waiting for you: 4", "Waiting for others: 5", "Trouble: 2", `<dt>Open</dt><dd>11</dd>`, `<a href="/refunds?due_within=3">1</a>`} {
		require.Contains(t, page.body, says)
	}
	turns := map[string]string{}
	for _, row := range regexp.MustCompile(`(?s)href="/refunds/demo/([0-9]+)">.*?<span class="tag[^"]*">[^<]*</span>(?: <span class="soft">([^<]*)</span>)?`).FindAllStringSubmatch(page.body, -1) {
		turns[row[1]] = row[2]
	}
	require.Equal(t, map[string]string{
		"1": "an approver decides", "2": "an approver decides", "8": "an approver decides", "4": "an approver decides",
		"3": "more than you may approve", "12": "more than you may approve", "5": "anna (approver)", "6": "ben (approver)",
		"7": "the customer has to answer", "9": "operations have to act", "11": "",
	}, turns)
	require.NotContains(t, page.body, "/refunds/demo/10\"")

	require.Equal(t, []string{"6", "8", "2", "4", "12", "1"}, grouped(w.signedInAs("ben").get("/refunds?for=me").body)["me"])
	mia := grouped(w.signedInAs("mia").get("/refunds").body)
	require.Contains(t, mia["me"], "3", "she has no limit")
	require.NotContains(t, mia["me"], "5", "it was given to anna")
}

func TestTheSecondOfTwoIsAnotherPerson(t *testing.T) {
	w := open(t)
	w.inState(1, refund.AwaitingSecond) // anna has approved
	require.Equal(t, []string{"1"}, grouped(w.signedInAs("anna").get("/refunds").body)["others"])
	require.Equal(t, []string{"1"}, grouped(w.signedInAs("ben").get("/refunds").body)["me"])
}

func TestAGroupHasAPageOfItsOwn(t *testing.T) {
	w := open(t)
	for i := range int64(60) {
		w.posted(100+i, 1)
	}
	for i := range int64(12) {
		w.inState(200+i, refund.Paying)
	}
	anna := w.signedInAs("anna")
	all := anna.get("/refunds").body
	require.Len(t, grouped(all)["me"], rowsAtOnce)
	require.Len(t, grouped(all)["others"], groupRows)
	require.Contains(t, all, `href="/refunds?for=me">Show all: Waiting for you`)
	require.Contains(t, all, `href="/refunds?for=others">Show all: Waiting for others`)
	var seen []string
	for n := 1; n <= 3; n++ {
		page := anna.get(fmt.Sprintf("/refunds?for=me&page=%d", n)).body
		requirePage(t, page)
		require.Len(t, grouped(page), 1)
		seen = append(seen, grouped(page)["me"]...)
		require.Equal(t, n < 3, strings.Contains(page, fmt.Sprintf(`href="/refunds?for=me&amp;page=%d">Next page`, n+1)))
	}
	slices.Sort(seen)
	require.Len(t, slices.Compact(seen), 60)
	require.Empty(t, grouped(anna.get("/refunds?for=me&page=9").body)["me"])
}

// Lists tell for whom each of many refunds waits, and how much money it is about: only those on the page
// are asked, because lists are a moment behind.
func TestManyRefundsAreNotAllAsked(t *testing.T) {
	w := open(t)
	for i := range int64(300) {
		w.request("demo", 1000+i)
	}
	urgent := w.posted(1, 12)
	for i := range int64(120) { // newer, and with a deadline that comes earlier
		w.inState(3000+i, refund.Paying)
	}
	w.asked = 0
	anna := w.signedInAs("anna")
	page := anna.get("/refunds").body
	require.LessOrEqual(t, w.asked, rowsAtOnce+2*groupRows)
	require.Equal(t, fmt.Sprint(urgent.ReturnID), grouped(page)["me"][0])
	require.Contains(t, page, "Waiting for you: 301")
	require.Contains(t, page, "<dt>Open</dt><dd>421</dd>")
	require.Contains(t, page, "<dd>€33,637.90</dd>")
	require.Contains(t, anna.get("/refunds?for=me&page=3").body, `href="/refunds?for=me&amp;page=4">Next page`)
	last := anna.get("/refunds?for=me&page=13").body
	require.Len(t, grouped(last)["me"], 1)
	require.NotContains(t, last, "Next page")
}

func TestAListThatIsBehindShowsNobodyWhatIsDone(t *testing.T) {
	w := open(t)
	a, b := w.request("demo", 1), w.request("demo", 2)
	w.behind = maps.Clone(w.all)
	w.says(a, "ben", "reject", map[string]string{"why": "It was used."})
	require.Equal(t, []string{fmt.Sprint(b.ReturnID)}, grouped(w.signedInAs("anna").get("/refunds").body)["me"])
}

// Temporal lists the newest first: the most urgent of too many are the oldest.
func TestAListThatIsCutStillHasTheMostUrgent(t *testing.T) {
	w := open(t)
	for i := range int64(rowsRead + 40) {
		w.request("demo", 1000+i)
	}
	w.posted(1, 12)
	w.posted(2, 15)
	anna := w.signedInAs("anna")
	for _, path := range []string{"/refunds", "/refunds?order=deadline"} {
		page := anna.get(path).body
		require.Contains(t, page, "There are more than 5,000 refunds.", path)
		first, second := strings.Index(page, "/refunds/demo/2\""), strings.Index(page, "/refunds/demo/1\"")
		require.Positive(t, first, path)
		require.Less(t, first, second, path)
		require.Contains(t, page, fmt.Sprintf("<dd>%d</dd>", rowsRead+42), "Temporal counts all of them")
		require.Contains(t, page, `<a class="bad" href="/refunds?overdue=yes">1</a>`)
	}
	page := anna.get("/refunds?overdue=yes").body
	require.Contains(t, page, "/refunds/demo/2\"")
	require.NotContains(t, page, "/refunds/demo/1\"")
}

func TestWhatDoesNotAnswerStandsWhereListsTell(t *testing.T) {
	w := open(t)
	w.request("demo", 1)
	w.inState(2, refund.Paying)
	w.request("demo", 3)
	w.silentRows = map[int64]bool{1: true, 2: true, 3: true}
	w.unlisted = map[int64]bool{3: true}
	page := w.signedInAs("anna").get("/refunds").body
	require.Equal(t, map[string][]string{"me": {"1"}, "others": {"3", "2"}, "trouble": {}}, grouped(page))
	require.Equal(t, 2, strings.Count(page, `<td role="cell" class="sum">€79.90</td>`))
	require.Equal(t, 1, strings.Count(page, ">no answer<"), "a new refund is not listed whole yet")
	require.Contains(t, page, "without 1 whose amount is not listed yet")
}

func TestTotalsAreOfAllThatIsChosen(t *testing.T) {
	w := open(t)
	w.request("demo", 1)
	w.request("demo", 2, w.amount("20.10"))
	w.request("demo", 3, func(f *refund.Facts) {
		f.Amount, _ = refund.ParseMoney("7.00", "GBP")
		f.OrderValue, _ = refund.ParseMoney("70.00", "GBP")
	})
	w.request("other", 4)
	anna := w.signedInAs("anna")
	for _, path := range []string{"/refunds", "/refunds?order=oldest", "/refunds?integration=demo"} {
		require.Contains(t, anna.get(path).body, "<dd>€100.00, £7.00</dd>", path)
		require.Contains(t, anna.get(path).body, "<dt>Open</dt><dd>3</dd>", path)
	}
}

func TestARefundIsFoundByWhatPeopleType(t *testing.T) {
	w := open(t)
	w.searchKeys = search.Keys{[]byte("a-key-for-tests")}
	of := w.request("demo", 42)
	w.request("demo", 43)
	w.shipping.refunds = []recorder.ListedRefund{{RefundRef: of, State: refund.AwaitingApproval, Open: true}, {RefundRef: contract.RefundRef{Integration: "other", ReturnID: 9}}}
	anna := w.signedInAs("anna")

	said := anna.post("/refunds", url.Values{"q": {"A-1001"}})
	require.Equal(t, http.StatusSeeOther, said.code)
	require.Equal(t, "/refunds?q=A-1001", said.header.Get("Location"))
	require.Equal(t, "/refunds/demo/42", anna.get("/refunds?q=A-1001").header.Get("Location"), "the only one that is theirs")
	require.Equal(t, "/refunds", anna.post("/refunds", url.Values{"q": {" "}}).header.Get("Location"))

	w.shipping.refunds = append(w.shipping.refunds, recorder.ListedRefund{RefundRef: contract.RefundRef{Integration: "demo", ReturnID: 43}})
	said = anna.post("/refunds", url.Values{"q": {"jane.doe@example.com"}})
	require.Equal(t, http.StatusOK, said.code, "an address becomes part of no URL")
	requirePage(t, said.body)
	require.Contains(t, said.body, "/refunds/demo/42\"")
	require.Contains(t, said.body, "/refunds/demo/43\"")
	require.NotContains(t, said.body, "?q=")
	require.NotContains(t, w.log.String(), "jane.doe")

	w.shipping.refunds = nil
	require.Contains(t, anna.get("/refunds?q=nothing").body, "Nothing was found.")
	w.searchKeys = nil
	said = anna.post("/refunds", url.Values{"q": {"jane.doe@example.com"}})
	require.Equal(t, http.StatusUnprocessableEntity, said.code)
	require.Contains(t, said.body, "WAYBILL_SEARCH_KEYS")
}

func TestAHostileQueryIsLeftOut(t *testing.T) {
	w := open(t)
	w.request("demo", 1)
	anna := w.signedInAs("anna")
	for _, query := range []string{
		"for=' OR 1=1", "for=me&page=99999999999999999999", "for=me&page=-1", "state=paid' OR ''='", "integration=other", "overdue=<script>",
		"due_within=1000", "chosen=\x00", "q=" + strings.Repeat("x", 300), "order=newest; DROP",
	} {
		values := url.Values{}
		for pair := range strings.SplitSeq(query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			values.Set(name, value)
		}
		page := anna.get("/refunds?" + values.Encode())
		require.Equal(t, http.StatusUnprocessableEntity, page.code, query)
		requirePage(t, page.body)
		require.NotContains(t, page.body, "<script>")
	}
	page := anna.get("/refunds?for=me&unknown=%22%3E%3Cb%3E&for=others")
	require.Equal(t, http.StatusOK, page.code)
	requirePage(t, page.body)
	require.NotContains(t, page.body, "><b>")
}

func TestTheLinksOfTheListCanBeKept(t *testing.T) {
	w := open(t)
	w.request("demo", 1)
	anna := w.signedInAs("anna")
	body := anna.get("/refunds?integration=demo").body
	links := regexp.MustCompile(`<a class="tag[^"]*" href="([^"]+)"`).FindAllStringSubmatch(body, -1)
	require.Greater(t, len(links), 8)
	for _, link := range links[1:] {
		address := strings.ReplaceAll(link[1], "&amp;", "&")
		require.Contains(t, address, "integration=demo")
		page := anna.get(address)
		require.Equal(t, http.StatusOK, page.code, address)
		require.Contains(t, page.body, `aria-current="page"`, address)
	}
}

// Clocks are set back in these days: a page of what is due soon has as many as the totals say.
func TestWhatIsDueSoonIsCountedInHours(t *testing.T) {
	w := open(t)
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	require.NoError(t, err)
	w.clock = time.Date(2026, 10, 23, 12, 0, 0, 0, amsterdam)
	of := w.request("demo", 1, func(f *refund.Facts) { f.NoticeAt = w.clock.Add(-11*day + 30*time.Minute) })
	w.happens(of, func(r *refund.Refund, p refund.Policy) error {
		r.Posted(w.clock.Add(-11*day+30*time.Minute), p, w.clock)
		return nil
	})
	require.Greater(t, w.all[of].DueBy.Sub(w.clock), soonDays*day)
	anna := w.signedInAs("anna")
	require.NotContains(t, anna.get("/refunds").body, `href="/refunds?due_within=3">1</a>`)
	require.NotContains(t, anna.get("/refunds?due_within=3").body, pathOf(of))
}
