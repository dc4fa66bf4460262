package policy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
	"waybill/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

func parse(t *testing.T, text string) *policy.Book {
	t.Helper()
	book, err := policy.Parse("waybill.yaml", []byte(text))
	require.NoError(t, err)
	return book
}

func TestAnEmptyFileIsTheDefaultPolicy(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n"} {
		require.Equal(t, parcel.DefaultPolicy(), parse(t, text).For("demo").Policy, "%q", text)
	}
	require.Equal(t, parcel.DefaultPolicy(), policy.Default().For("demo").Policy)
}

func TestAFileSaysOnlyWhatDiffers(t *testing.T) {
	book := parse(t, `
version: autumn
mode: live
mails:
  announced: on
  delayed: off
stale:
  progress: 2d12h
integrations:
  my-shop:
    mode: shadow
    mails: {delayed: on}
    end:
      grace: 10d
  other:
`)
	want := parcel.DefaultPolicy()
	want.Version = book.For("demo").Version
	want.Mode, want.StaleProgress = parcel.Live, 60*time.Hour
	want.Mails[parcel.MailAnnounced] = true
	delete(want.Mails, parcel.MailDelayed)
	require.Equal(t, want, book.For("demo").Policy)
	require.Equal(t, want, book.For("other").Policy)
	require.Regexp(t, `^autumn [0-9a-f]{8}$`, want.Version)

	want.Mode, want.Grace = parcel.Shadow, 240*time.Hour
	want.Mails[parcel.MailDelayed] = true
	require.Equal(t, want, book.For("my-shop").Policy)
	require.False(t, book.For("demo").Mails[parcel.MailDelayed], "an override stays where it is")
	require.Equal(t, []string{"my-shop", "other"}, book.Integrations())
}

func TestTheVersionChangesWithTheFile(t *testing.T) {
	one, two := parse(t, "mode: live\n").For("demo").Version, parse(t, "mode: shadow\n").For("demo").Version
	require.NotEqual(t, one, two)
	require.Regexp(t, `^[0-9a-f]{8}$`, one)
}

func TestAllFaultsAreToldAtOnceWithTheirLines(t *testing.T) {
	_, err := policy.Parse("waybill.yaml", []byte(`version: ""
mode: loud
mode: live
mial: on
mails:
  delivered: perhaps
  lost: on
stale: 72h
quiet_hours: {from: 9pm, zone: Mars}
end:
  grace: [5d]
  silence: 1h
sending:
  unproven: 99
  patience: soon
integrations:
  My Shop: {}
  my-shop:
    stale:
      progress: 900d
    integrations: {}
`))
	require.Error(t, err)
	require.Equal(t, strings.TrimSpace(`
waybill.yaml:1: version: write a word of your own for this version, of at most 40 characters, as in this: version: "autumn 2"; or leave it out
waybill.yaml:2: mode: "loud" is not allowed: write one of shadow, live, as in this: mode: shadow
waybill.yaml:3: mode stands on line 2 already: keep one
waybill.yaml:4: mial is no setting: write this: mails:
waybill.yaml:6: mails.delivered: "perhaps" is not allowed: write on or off, as in this: delivered: on
waybill.yaml:7: mails.lost is no setting; below mails there are announced, shipped, out_for_delivery, awaiting_pickup, pickup_reminder, pickup_last_day, attempt_failed, delayed, stuck, address_problem, delivered, returned, cancelled
waybill.yaml:8: stale: write settings below it, each on a line of its own with a space after the colon, as in this: progress: 3d
waybill.yaml:9: quiet_hours.from: "9pm" is not allowed: write this: from: "21:00"
waybill.yaml:9: quiet_hours.zone: "Mars" is not allowed: write a time zone such as Europe/Amsterdam, as in this: zone: Europe/Amsterdam
waybill.yaml:11: end.grace: write one value: a length of time from 0 to 365d, such as 90s, 3m, 72h or 7d: write this: grace: 5d
waybill.yaml:12: end.silence: "1h" is not allowed: write a length of time from 1d to 365d, such as 90s, 3m, 72h or 7d, as in this: silence: 45d
waybill.yaml:14: sending.unproven: "99" is not allowed: write a whole number from 1 to 10, as in this: unproven: 3
waybill.yaml:15: sending.patience: "soon" is not allowed: write a length of time from 1m to 30d, such as 90s, 3m, 72h or 7d, as in this: patience: 3d
waybill.yaml:17: integrations: "My Shop" cannot be an integration's name: it has lower-case letters, digits and hyphens, as in its webhook's address: write this: my-shop:
waybill.yaml:20: stale.progress: "900d" is not allowed: write a length of time from 1h to 365d, such as 90s, 3m, 72h or 7d, as in this: progress: 3d
waybill.yaml:21: integrations is no setting of one integration: write it without spaces before it, for all of them
`), err.Error())
}

func TestAStarIsNoName(t *testing.T) {
	for _, text := range []string{"language: {of: {'*': fr}}", "pickup: {of: {'*': 10}}"} {
		_, err := policy.Parse("waybill.yaml", []byte(text))
		require.ErrorContains(t, err, `waybill.yaml:1: `, text)
		require.ErrorContains(t, err, `.of: "*" is not allowed: write `, text)
	}
}

func TestWhatIsNoPolicyAtAllIsRefused(t *testing.T) {
	for _, text := range []string{"- a\n- b\n", "live", "mode: [", "\tmode: live", "mode: live\n---\n: :"} {
		_, err := policy.Parse("waybill.yaml", []byte(text))
		require.ErrorContains(t, err, "waybill.yaml:", "%q", text)
	}
}

func TestEffectiveSaysWhereEachValueIsFrom(t *testing.T) {
	book := parse(t, "mode: live\nintegrations:\n  my-shop:\n    stale:\n      action: 14d\n")
	from := map[string]policy.Line{}
	for _, line := range book.Effective("my-shop") {
		require.NotEmpty(t, line.About, line.Path)
		from[line.Path] = line
	}
	require.Equal(t, "live", from["mode"].Value)
	require.Equal(t, "waybill.yaml:1", from["mode"].From)
	require.Equal(t, "14d", from["stale.action"].Value)
	require.Equal(t, "waybill.yaml:5", from["stale.action"].From)
	require.Equal(t, "3d", from["stale.progress"].Value)
	require.Equal(t, "default", from["stale.progress"].From)
}

// Whatever show prints can be written into a file, and means the same.
func TestWhatIsShownCanBeWritten(t *testing.T) {
	var text strings.Builder
	for _, line := range policy.Default().Effective("demo") {
		path := strings.Split(line.Path, ".")
		book := parse(t, strings.Join(path, ": {")+": \""+line.Value+"\""+strings.Repeat("}", len(path)-1))
		got := book.For("demo").Policy
		got.Version = parcel.DefaultPolicy().Version
		require.Equal(t, parcel.DefaultPolicy(), got, line.Path)
		text.WriteString(line.Path)
	}
	require.NotEmpty(t, text.String())
}

func TestTheSchemaIsUpToDate(t *testing.T) {
	const file = "../docs/policy.schema.json"
	if *update {
		require.NoError(t, os.WriteFile(file, policy.Schema(), 0o644))
	}
	golden, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(golden), string(policy.Schema()), "if this is what you want: go test ./policy -update")
	require.True(t, json.Valid(golden))
}

func TestAKeeperFollowsItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "waybill.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	_, err := policy.Keep(file)
	require.ErrorContains(t, err, "open the policy")
	write("mode: loud\n")
	_, err = policy.Keep(file)
	require.ErrorContains(t, err, "waybill.yaml:1: mode")
	write("mode: live\n")
	k, err := policy.Keep(file)
	require.NoError(t, err)
	require.Equal(t, parcel.Live, k.Book().For("demo").Mode)

	var log buffer
	ctx, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { k.Watch(ctx, slog.New(slog.NewTextHandler(&log, nil))) })
	write("mode: quiet\n")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "the one before stays") }, time.Minute, 20*time.Millisecond)
	require.Equal(t, parcel.Live, k.Book().For("demo").Mode)
	write("")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "is empty") }, time.Minute, 20*time.Millisecond)
	require.Equal(t, parcel.Live, k.Book().For("demo").Mode, "a file that is just being written is no policy")
	write("mode: shadow\n")
	require.Eventually(t, func() bool { return k.Book().For("demo").Mode == parcel.Shadow }, time.Minute, 20*time.Millisecond)
	stop()
	watching.Wait()

	write(strings.Repeat("#", 1<<20+1))
	_, err = policy.Keep(file)
	require.ErrorContains(t, err, "has more than 1 MiB")
	none, err := policy.Keep("")
	require.NoError(t, err)
	require.Equal(t, parcel.DefaultPolicy(), none.Book().For("demo").Policy)
}

// buffer is a log that two goroutines share.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestWhatCannotWorkIsToldWithItsLine(t *testing.T) {
	const people = "people: {Anna: {email: anna@shop.example, role: manager}}"
	const asks = "ask for a reply, and shop.reply_to is not set: write an address whose mails you read, as in this: reply_to: help@shop.example"
	for name, c := range map[string]struct{ file, want string }{
		"nothing is live": {"mode: shadow\n", ""},
		"all is well":     {"mode: live\nshop: {reply_to: help@shop.example}\nrefunds: {mode: live}\n" + people + "\n", ""},
		"nobody approves refunds": {"shop: {reply_to: help@shop.example}\nrefunds:\n  mode: live\n",
			"waybill.yaml:3: refunds.mode: refunds are live, and nobody can approve those that are not approved automatically: name people under people with the role approver or manager, or write mode: shadow"},
		"nobody reads replies": {"# ours\nmode: live\n",
			"waybill.yaml:2: mode: the mails pickup_last_day, address_problem, delivered, returned, cancelled " + asks},
		"nobody shall read replies": {"mode: live\nmails: {pickup_last_day: off, address_problem: off, returned: off, cancelled: off}\nshop:\n  reply_to: ''\n",
			"waybill.yaml:4: mode: the mails delivered " + asks},
		"no mail asks for a reply": {"mode: live\nmails: {pickup_last_day: off, address_problem: off, returned: off, cancelled: off, delivered: off}\n", ""},
		"replies about refunds":    {"refunds:\n  mode: live\n" + people + "\n", "waybill.yaml:2: refunds.mode: mails about refunds " + asks},
		"one integration": {"shop: {reply_to: help@shop.example}\nintegrations:\n  demo:\n    refunds: {mode: live}\n  my-shop:\n    refunds: {mode: live}\n    " + people + "\n",
			"waybill.yaml:4: refunds.mode: refunds are live, and nobody can approve those that are not approved automatically: name people under people with the role approver or manager, or write mode: shadow"},
		"what one integration shares is told once": {"shop: {reply_to: help@shop.example}\nrefunds: {mode: live}\nintegrations: {demo: {}}\n",
			"waybill.yaml:2: refunds.mode: refunds are live, and nobody can approve those that are not approved automatically: name people under people with the role approver or manager, or write mode: shadow"},
	} {
		t.Run(name, func(t *testing.T) {
			said := ""
			if err := parse(t, c.file).Check(); err != nil {
				said = err.Error()
			}
			require.Equal(t, c.want, said)
		})
	}
	require.NoError(t, policy.Default().Check())
}
