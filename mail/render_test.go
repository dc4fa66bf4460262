package mail_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/parcel"
)

var update = flag.Bool("update", false, "write the golden files anew")

func letter(kind parcel.MailKind) mail.Letter {
	return mail.Letter{
		Key: "k", Try: 1, Kind: kind, Integration: "demo", ParcelID: 364000001, Shop: mail.Shop{Name: "Example Shop"},
		Happened: time.Date(2026, 11, 3, 8, 2, 0, 0, time.UTC),
		Facts: parcel.Facts{
			Recipient:   parcel.Recipient{Name: "Jane Doe", Email: "jane.doe@example.com", Country: "NL"},
			CarrierCode: "postnl", CarrierName: "PostNL", OrderNumber: "1042",
			TrackingNumber: "3SYZXG132912330", TrackingURL: "https://tracking.example/3SYZXG132912330",
		},
	}
}

func render(t *testing.T, l mail.Letter) mail.Rendered {
	t.Helper()
	r, err := mail.NewRenderer()
	require.NoError(t, err)
	got, err := r.Render(l)
	require.NoError(t, err)
	return got
}

func TestGoldenMails(t *testing.T) {
	for _, kind := range parcel.MailKinds() {
		t.Run(string(kind), func(t *testing.T) {
			got := render(t, letter(kind))
			golden(t, string(kind)+".txt", "Subject: "+got.Subject+"\n\n"+got.Text)
			golden(t, string(kind)+".html", got.HTML)
			require.NotContains(t, got.HTML, "ZgotmplZ")
			require.Less(t, len(got.HTML), 60_000)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "write it with: go test ./mail -update")
	require.Equal(t, string(want), got, "if this is what you want: go test ./mail -update")
}

func TestWhatIsNotKnownHasNoPlaceInTheMail(t *testing.T) {
	l := letter(parcel.MailShipped)
	l.Facts = parcel.Facts{}
	got := render(t, l)
	require.Contains(t, got.Text, "Hello,\n")
	require.Contains(t, got.Text, "travelling with the carrier")
	for _, absent := range []string{"Follow your parcel", "Order:", "Tracking number:"} {
		require.NotContains(t, got.Text, absent)
		require.NotContains(t, got.HTML, strings.TrimSuffix(absent, ":"))
	}
}

func TestASentenceStartsWithACapital(t *testing.T) {
	l := letter(parcel.MailDelayed)
	l.Facts.CarrierName, l.Facts.CarrierCode = "", ""
	require.Contains(t, render(t, l).Text, "The carrier tells us")
}

func TestHostileNamesAreHarmless(t *testing.T) {
	for _, name := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `{{.Shop}}`, "\u202eenaJ", "👩‍🚀 Jane", strings.Repeat("Jane ", 60),
	} {
		t.Run(fmt.Sprintf("%.12q", name), func(t *testing.T) {
			l := letter(parcel.MailDelivered)
			l.Facts.Recipient.Name, l.Facts.CarrierName = name, name
			got := render(t, l)
			require.NotContains(t, got.HTML, "<script>")
			require.NotContains(t, got.HTML, "<img")
			require.Contains(t, got.Text, "Hello "+name+",")
			require.NotContains(t, got.Subject, "\n")
		})
	}
}

func TestALinkThatIsNoLinkIsDefused(t *testing.T) {
	l := letter(parcel.MailDelivered)
	l.Facts.TrackingURL = `https://x.example/"><script>alert(1)</script>`
	require.NotContains(t, render(t, l).HTML, "<script>")
}

func TestTheShopsNameLeadsToTheShop(t *testing.T) {
	l := letter(parcel.MailShipped)
	l.Shop.URL = "https://shop.example/?a=1&b=2"
	got := render(t, l)
	require.Contains(t, got.HTML, `<a class="soft" href="https://shop.example/?a=1&amp;b=2"`)
	require.True(t, strings.HasSuffix(strings.TrimSpace(got.Text), "https://shop.example/?a=1&b=2"), got.Text)
	for _, url := range []string{"", "http://shop.example", "javascript:alert(1)"} {
		l.Shop.URL = url
		got := render(t, l)
		require.NotContains(t, got.HTML, `<a class="soft"`, url)
		require.NotContains(t, got.Text, "shop.example")
	}
}

func TestParseSender(t *testing.T) {
	a, err := mail.ParseSender("Example Shop <tracking@shop.example>")
	require.NoError(t, err)
	require.Equal(t, "Example Shop", a.Name)
	require.Equal(t, "tracking@shop.example", a.Address)
	a, err = mail.ParseSender("tracking@shop.example")
	require.NoError(t, err)
	require.Empty(t, a.Name)
	for _, s := range []string{"", "Example Shop", "<tracking>", "a@b, c@d"} {
		_, err := mail.ParseSender(s)
		require.Error(t, err, s)
	}
}
