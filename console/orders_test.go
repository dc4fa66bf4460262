package console

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/commandline"
	"waybill/contract"
	"waybill/parcel"
	"waybill/recorder"
	"waybill/settings"
)

func TestEveryOrderHasItsCommand(t *testing.T) {
	for typed, order := range map[string]string{
		"parcels pause": "pause-mails", "parcels resume": "resume-mails", "parcels change-recipient": "change-recipient", "parcels continue-as-new": "continue-as-new",
		"mails retry": "retry-mails", "mails drop": "drop-mails", "mails send-again": "send-again",
	} {
		o, ok := parcel.OrderNamed(order)
		require.True(t, ok)
		said := say(t, append(strings.Fields(typed), "--help"))
		require.Contains(t, said, o.Does().String())
		require.Contains(t, said, "--dry-run")
		for _, f := range o.Fields {
			require.Contains(t, said, "--"+f.Name)
		}
		many := slices.Contains([]string{"pause-mails", "resume-mails", "retry-mails", "drop-mails"}, order)
		require.Equal(t, many, strings.Contains(said, "--all"), typed)
	}
	require.Len(t, orderCommands(settings.New(nil), nil, "parcels"), 4)
	require.Len(t, orderCommands(settings.New(nil), nil, "mails"), 3)
}

func TestAnOrderThatIsTypedWrongIsRefused(t *testing.T) {
	anna := "WAYBILL_PERSON=anna"
	for typed, want := range map[string]string{
		"mails send-again demo/1":                       "--keys is missing",
		"mails retry demo/1 --phase in_transit":         "--phase is for many parcels: add --all, or leave it out",
		"mails retry demo/1 --all":                      "name one parcel, or give --all: not both",
		"mails retry":                                   "name the integration and the parcel, as in: waybill mails retry my-shop 364000001",
		"mails retry --all --keys a":                    "--keys is for one parcel: leave it out",
		"mails retry --all --rate -1":                   "--rate: -1 is not allowed",
		"mails retry --all --since soon --phase lost":   `--since: "soon" is no time`,
		"mails retry --all --attention=bounced":         `--attention: there is no such reason for attention as "bounced": choose one of ["exception" "address problem"`,
		"parcels list --attention exception":            `write --attention="exception", with an equals sign`,
		"parcels list demo":                             `unknown command "demo" for "waybill parcels list"`,
		"mails retry --all --phase lost":                `--phase: a parcel is never "lost": choose one of [announcing announced in_transit`,
		"parcels list --attention=x'y":                  "there is no such reason for attention",
		"parcels list --output yaml":                    "choose table or json",
		"parcels list --limit 0":                        "--limit: 0 is not allowed",
		"parcels continue-as-new demo/1 --parcel /none": "--parcel: open /none",
		"parcels find":                                  "write what to look for",
		"batches show":                                  "name the batch, as in: waybill batches show",
		"integrations show":                             "name the integration",
	} {
		_, err := run(t, strings.Fields(typed), []string{anna})
		require.ErrorContains(t, err, want, typed)
		require.Equal(t, 2, commandline.ExitCode(err), typed)
	}
	require.Contains(t, start(t, []string{"mails", "retry", "demo/1"}), "say who you are")
}

// The fields of all orders reach the rules under the names that the table of orders has.
func TestFlagsBecomeTheFieldsOfAnOrder(t *testing.T) {
	given := func(order string, flags ...string) (in parcel.Input) {
		o, _ := parcel.OrderNamed(order)
		cmd := orderCommand(o, settings.New(nil), nil)
		cmd.SetIn(strings.NewReader(`{"integration":"demo","parcelId":7}`))
		require.NoError(t, cmd.ParseFlags(flags))
		require.NoError(t, readFields(cmd, o, &in))
		return in
	}
	require.Equal(t, parcel.Input{Keys: []string{"a", "b"}, Force: true}, given("retry-mails", "--keys", "a,b", "--force"))
	require.Equal(t, parcel.Input{}, given("retry-mails"))
	require.Equal(t, parcel.Input{Email: "jane.doe@example.com", Name: "Jane Doe", Language: "fr"},
		given("change-recipient", "--email", "jane.doe@example.com", "--name", "Jane Doe", "--language", "fr"))
	require.NotNil(t, given("continue-as-new", "--parcel", "-").Parcel)
}

// door is an API that answers as it is told.
type door struct {
	*httptest.Server
	code          int
	answer, asked string
}

func newDoor(t *testing.T) *door {
	t.Helper()
	d := &door{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.asked = r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(body)
		w.WriteHeader(d.code)
		_, _ = io.WriteString(w, d.answer)
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *door) environ() []string {
	return []string{"WAYBILL_TOKEN=wbt_x", "WAYBILL_PUBLIC_URL=" + d.URL}
}

func TestATokenGivesAnOrderToAParcelThroughTheAPI(t *testing.T) {
	d := newDoor(t)
	d.code, d.answer = http.StatusOK, `{"outcome":"done","mails":[{"key":"k1","mail":"shipped","leaves":false,"why":"overtaken by delivered"},{"key":"k2","mail":"delivered","leaves":true}]}`
	retry := []string{"mails", "retry", "my-shop/42", "--why", "a dead key", "--force"}
	said, err := run(t, retry, d.environ())
	require.NoError(t, err)
	require.Equal(t, `POST /api/parcels/my-shop/42/retry-mails Bearer wbt_x {"why":"a dead key","force":true}`, d.asked)
	require.Equal(t, `retry-mails of parcel my-shop/42: done.

MAIL       LEAVES  WHY NOT                 KEY
shipped    no      overtaken by delivered  k1
delivered  yes                             k2
`, said)
	said, err = run(t, append(retry, "--output", "json"), d.environ())
	require.NoError(t, err)
	require.JSONEq(t, `{"integration":"my-shop","parcelId":42,"order":"retry-mails",
		"mails":[{"key":"k1","mail":"shipped","leaves":false,"why":"overtaken by delivered"},{"key":"k2","mail":"delivered","leaves":true}]}`, said)

	d.code, d.answer = http.StatusConflict, `{"outcome":"refused","detail":"no mail is parked"}`
	_, err = run(t, retry, d.environ())
	require.EqualError(t, err, "no mail is parked")
	require.Equal(t, 1, commandline.ExitCode(err))
	d.code, d.answer = http.StatusOK, `{"outcome":"listed"}`
	_, err = run(t, retry, d.environ())
	require.ErrorContains(t, err, "look first: waybill parcels show my-shop/42")
}

func TestATokenStartsABatchThroughTheAPI(t *testing.T) {
	d := newDoor(t)
	o, _ := parcel.OrderNamed("retry-mails")
	batch := recorder.Batch{Order: o, Input: parcel.Input{Why: "a dead key"}, Filter: recorder.ParcelFilter{Integration: "my-shop", Parked: true, Open: true}, PerSecond: 20}
	d.code, d.answer = http.StatusOK, `{"outcome":"started","batch":"retry-mails-1"}`
	id, err := api{d.URL, "wbt_x"}.startBatch(t.Context(), batch)
	require.NoError(t, err)
	require.Equal(t, "retry-mails-1", id)
	require.Equal(t, `POST /api/batches Bearer wbt_x {"filter":{"integration":"my-shop","parked":true},"input":{"why":"a dead key"},"order":"retry-mails","perSecond":20}`, d.asked)
	d.code, d.answer = http.StatusConflict, `{"outcome":"busy","detail":"another batch is running"}`
	_, err = api{d.URL, "wbt_x"}.startBatch(t.Context(), batch)
	require.EqualError(t, err, "another batch is running")
	d.code, d.answer = http.StatusBadGateway, ""
	_, err = api{d.URL, "wbt_x"}.startBatch(t.Context(), batch)
	require.ErrorContains(t, err, "look first: waybill batches list")
}

func TestATrialSaysWhatWouldLeaveAndWhatNotAndWhy(t *testing.T) {
	tried := &trial{Order: "retry-mails", label: "Retry mails", counts: map[tally]int{}}
	judged := func(mails ...parcel.Judged) parcel.Answer { return parcel.Answer{Mails: mails} }
	for range 1200 {
		tried.note(judged(parcel.Judged{Mail: parcel.MailShipped, Why: "overtaken by delivered"}, parcel.Judged{Mail: parcel.MailDelivered, Leaves: true}), nil)
	}
	tried.note(judged(parcel.Judged{Mail: parcel.MailShipped, Leaves: true}), nil)
	tried.note(parcel.Answer{}, &recorder.RefusedError{Why: "no mail is parked"})
	require.NoError(t, tried.giveUp(t.Context(), nil))
	tried.sum()
	var said strings.Builder
	require.NoError(t, tried.print(&said))
	require.Equal(t, `Retry mails of 1,202 parcels:
  1,201 mails would leave:
      1,200  delivered
          1  shipped
  1,200 mails would be dropped:
      1,200  shipped: overtaken by delivered
  1 parcel would refuse:
          1  no mail is parked
`, said.String())
	said.Reset()
	require.NoError(t, printJSON(&said, tried))
	require.JSONEq(t, `{"order":"retry-mails","parcels":1202,"follow":1201,"leave":[{"count":1200,"mail":"delivered"},{"count":1,"mail":"shipped"}],
		"stay":[{"count":1200,"mail":"shipped","why":"overtaken by delivered"}],"refuse":[{"count":1,"why":"no mail is parked"}]}`, said.String())
}

func TestFindSaysWhyThereWasNoMailAndWhatToDo(t *testing.T) {
	parked := parcel.Parcel{Integration: "demo", ID: 7, Phase: parcel.InTransit, Mails: []parcel.Mail{
		{Key: "k", About: parcel.News{Kind: parcel.MailShipped}, State: "parked", Decided: nine, Why: "status 400: bad request", Tries: 1},
	}}
	listed := recorder.ListedParcel{ParcelRef: contract.ParcelRef{Integration: "demo", ID: 7}, Order: "1042"}
	var said strings.Builder
	require.NoError(t, printFound(&said, recorder.Found{Parcels: []recorder.ListedParcel{listed}}, []asked{{known: parked}}))
	require.Equal(t, `Parcel 7 of demo: in transit.
  order 1042
  Mon 2 Nov 09:00  shipped  parked  status 400: bad request
  Send it: waybill mails retry demo/7
`, said.String())
	refused := parked
	refused.Mails = []parcel.Mail{parked.Mails[0]}
	refused.Mails[0].AddressRefused = true
	_, command := nextStep(refused)
	require.Equal(t, "parcels change-recipient demo/7 --email ...", command)
	_, command = nextStep(parcel.Parcel{Integration: "demo", ID: 7, Paused: true})
	require.Equal(t, "parcels resume demo/7", command)
	_, command = nextStep(parcel.Parcel{Integration: "demo", ID: 7})
	require.Equal(t, "parcels explain demo/7", command)
	said.Reset()
	require.NoError(t, printFound(&said, recorder.Found{}, nil))
	require.Contains(t, said.String(), "Nothing was found.")
}

func TestShowLeavesTheRecipientOut(t *testing.T) {
	p := parcel.Parcel{Integration: "demo", ID: 7, Facts: parcel.Facts{OrderNumber: "#1042", Recipient: parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"}}}
	p.Corrected = parcel.Recipient{Email: "jane@example.com"}
	for _, personal := range []bool{false, true} {
		shown := p
		if !personal {
			shown = withoutRecipient(p)
		}
		var said strings.Builder
		require.NoError(t, showParcel(&said, shown, personal))
		require.NoError(t, printJSON(&said, shown))
		require.Equal(t, personal, strings.Contains(said.String(), "Jane"))
		require.Equal(t, personal, strings.Contains(said.String(), "@example.com"))
		require.Contains(t, said.String(), "#1042")
	}
}

// A state says what the carrier has scanned, so the API takes none from anybody.
func TestANewRunIsOrderedThroughTemporalOnly(t *testing.T) {
	o, _ := parcel.OrderNamed("continue-as-new")
	env := settings.New([]string{"WAYBILL_TOKEN=wbt_x", "WAYBILL_PUBLIC_URL=https://hooks.shop.example"})
	by, door, err := (&call{order: o, as: "anna"}).speaker(env)
	require.NoError(t, err)
	require.Equal(t, "anna", by)
	require.Empty(t, door)
	_, _, err = (&call{order: o}).speaker(env)
	require.ErrorContains(t, err, "--as anna")
}
