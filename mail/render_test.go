package mail_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/mail"
	"waybill/parcel"
)

var update = flag.Bool("update", false, "write the golden files anew")

func letter(kind parcel.MailKind) mail.Letter {
	l := mail.Sample(mail.Kind(kind), parcel.English)
	l.Shop.Footer, l.Shop.URL = "", ""
	return l
}

func renderer(t *testing.T) *mail.Renderer {
	t.Helper()
	r, err := mail.NewRenderer(nil)
	require.NoError(t, err)
	return r
}

func render(t *testing.T, l mail.Letter) mail.Rendered {
	t.Helper()
	got, err := renderer(t).Render(l)
	require.NoError(t, err)
	return got
}

// Every mail in every language. The texts are in testdata/golden, a file for each
// language, to be read by whoever speaks it.
func TestGoldenMails(t *testing.T) {
	r := renderer(t)
	for _, language := range parcel.Languages() {
		t.Run(string(language), func(t *testing.T) {
			var texts, pages strings.Builder
			for i, kind := range mail.Kinds() {
				got, err := r.Render(mail.Sample(kind, language))
				require.NoError(t, err)
				page := strings.ReplaceAll(got.HTML, strings.Repeat("&#847;&zwnj;&nbsp;", 60), "[padding]")
				if i > 0 {
					// The head is the same in all of them.
					_, body, found := strings.Cut(page, "<body")
					require.True(t, found)
					page = "<body" + body
				}
				fmt.Fprintf(&texts, "===== %s\nSubject: %s\n\n%s\n", kind, got.Subject, got.Text)
				fmt.Fprintf(&pages, "===== %s\n%s\n", kind, page)
				require.NotContains(t, got.HTML, "ZgotmplZ")
				require.Less(t, len(got.HTML), 60_000)
			}
			golden(t, string(language)+".txt", texts.String())
			golden(t, string(language)+".html", pages.String())
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
	l.Facts, l.KeptUntil = parcel.Facts{}, ""
	got := render(t, l)
	require.Contains(t, got.Text, "Hello,\n")
	require.Contains(t, got.Text, "with the carrier")
	for _, absent := range []string{"Track your parcel", "Order number", "Tracking number"} {
		require.NotContains(t, got.Text, absent)
		require.NotContains(t, got.HTML, absent)
	}
}

func TestASentenceStartsWithACapital(t *testing.T) {
	l := letter(parcel.MailDelayed)
	l.Facts.CarrierName, l.Facts.CarrierCode = "", ""
	require.Contains(t, render(t, l).Text, "\nThe carrier ")
}

func TestSendcloudIsNoCarrier(t *testing.T) {
	l := letter(parcel.MailAnnounced)
	l.Facts.CarrierName, l.Facts.CarrierCode = "", parcel.NoCarrier
	got := render(t, l)
	require.NotContains(t, got.Text, "SENDCLOUD")
	require.NotContains(t, got.Text, "Carrier:")
}

// The codes are those of Sendcloud's API.
func TestACarrierIsCalledByItsName(t *testing.T) {
	for code, name := range map[string]string{
		"royal_mailv2": "Royal Mail", "royal_mail": "Royal Mail", "hermes_c2c_gb": "Evri", "hermes_gb": "Evri", "hermes_de": "Hermes",
		"dpd_gb": "DPD", "inpost_gb": "InPost", "inpost_es": "InPost", "gls_it": "GLS", "dhl_parcel_es": "DHL", "dhl_express_gb": "DHL Express",
		"correos_express": "Correos Express", "colis_prive": "Colis Privé", "mondial_relay": "Mondial Relay", "poste_it_delivery": "Poste Italiane",
		"postnl": "PostNL", "post_at": "Post AG", "deutsche_post": "Deutsche Post", "tnt": "TNT", "dao": "DAO", "amazon_shipping_it": "Amazon",
		"blue_star_couriers": "Blue Star Couriers", "packeta": "Packeta", "": "",
	} {
		l := letter(parcel.MailShipped)
		l.Facts.CarrierName, l.Facts.CarrierCode = "", code
		if text := render(t, l).Text; name == "" {
			require.NotContains(t, text, "Carrier:")
		} else {
			require.Contains(t, text, "Carrier: "+name+"\n", code)
		}
	}
}

// Whatever a customer, a carrier or a shop is called, a mail stays one.
func TestHostileNamesAreHarmless(t *testing.T) {
	r := renderer(t)
	for _, language := range parcel.Languages() {
		for _, kind := range mail.Kinds() {
			t.Run(fmt.Sprint(language, " ", kind), func(t *testing.T) {
				got, err := r.Render(mail.Hostile(kind, language))
				require.NoError(t, err)
				for _, said := range []string{got.HTML, got.Text, got.Subject} {
					require.NotContains(t, said, "\r")
					require.NotContains(t, said, "\u202e", "nothing turns the direction of what follows")
					require.NotContains(t, said, "\nBcc:")
				}
				require.NotContains(t, got.HTML, "<script")
				require.NotContains(t, got.HTML, "<img", "a picture that is not https is left out")
				require.NotContains(t, got.HTML, "javascript:")
				require.NotContains(t, got.HTML, "red;}")
				require.NotContains(t, got.HTML, "ZgotmplZ")
				require.NotContains(t, got.Subject, "\n")
				require.LessOrEqual(t, len([]rune(got.Subject)), 260)
				require.Less(t, len(got.HTML), 60_000)
				require.Contains(t, got.Text, "محمد")
			})
		}
	}
}

func TestTheNameOfARecipientIsNotATemplate(t *testing.T) {
	l := letter(parcel.MailDelivered)
	l.Facts.Recipient.Name = "{{.Shop}} 👩‍🚀"
	got := render(t, l)
	require.Contains(t, got.Text, "Hello {{.Shop}} 👩‍🚀,")
	require.Contains(t, got.HTML, "Hello {{.Shop}} 👩‍🚀,")
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

func TestTheShopsLooks(t *testing.T) {
	l := letter(parcel.MailShipped)
	require.Contains(t, render(t, l).HTML, "background:#1f4fbf;color:#ffffff")
	l.Shop.Colour, l.Shop.Logo, l.Shop.Footer = "#ffcc00", "https://shop.example/logo.png", "Example Shop\n1 <b>Example</b> Street\n"
	got := render(t, l)
	require.Contains(t, got.HTML, "background:#ffcc00;color:#000000", "black can be read on yellow")
	require.Contains(t, got.HTML, `<img src="https://shop.example/logo.png" alt="Example Shop"`)
	require.Contains(t, got.HTML, "Example Shop<br>1 &lt;b&gt;Example&lt;/b&gt; Street")
	require.Contains(t, got.Text, "Example Shop\n1 <b>Example</b> Street\n")
	for _, colour := range []string{"", "yellow", "#12345", "#12345g", "#ffcc00;}"} {
		l.Shop.Colour = colour
		require.Contains(t, render(t, l).HTML, "background:#1f4fbf;", colour)
	}
}

func TestOutlookGetsItsWidth(t *testing.T) {
	got := render(t, letter(parcel.MailShipped))
	require.Contains(t, got.HTML, `<!--[if mso]><table role="presentation" width="600"`)
	require.Equal(t, 2, strings.Count(got.HTML, "<!--[if mso]>"))
	require.Equal(t, 2, strings.Count(got.HTML, "<![endif]-->"))
	require.NotContains(t, got.HTML, "fonts.", "nobody is told that the mail is read")
}

func TestOnlyALinkThatIsHTTPSLeadsToTheTracking(t *testing.T) {
	l := letter(parcel.MailDelivered)
	for url, button := range map[string]bool{
		"https://tracking.example/1": true, "http://tracking.example/1": false, "": false, "javascript:alert(1)": false,
	} {
		l.Facts.TrackingURL = url
		require.Equal(t, button, strings.Contains(render(t, l).HTML, `class="button"`), url)
	}
}

func TestAMailTellsOfSeveralParcels(t *testing.T) {
	l := letter(parcel.MailShipped)
	l.Reached, l.Facts.Collo = 2, parcel.Collo{UUID: "u", Count: 3}
	got := render(t, l)
	require.Contains(t, got.Subject, "(2 of 3 parcels)")
	require.Contains(t, got.Text, "Parcels: 2 of 3\n")
}

func TestAMailTellsTheTimeWhereItsReaderIs(t *testing.T) {
	for country, want := range map[string]string{
		"NL": "Tuesday 3 November, 09:02", "GB": "Tuesday 3 November, 08:02", "US": "Tuesday 3 November", "": "Tuesday 3 November",
	} {
		l := letter(parcel.MailDelivered)
		l.Facts.Recipient.Country = country
		require.Contains(t, render(t, l).Text, ": "+want+"\n", country)
	}
}

// What is left of English in another language, or of a blank, is a fault.
func TestNoEnglishAndNoBlankIsLeft(t *testing.T) {
	english := regexp.MustCompile(`(?i)\b(the|your|you|and|with|from|has|this|please|parcel|order|refund|carrier|waiting|delivered)\b`)
	r := renderer(t)
	for _, language := range parcel.Languages() {
		for _, kind := range mail.Kinds() {
			for _, bare := range []bool{false, true} {
				l := mail.Sample(kind, language)
				l.Shop.Footer, l.Attention = "", string(parcel.AttentionCustoms)
				if bare {
					l = mail.Letter{Kind: kind, Language: language, Shop: mail.Shop{Name: "Example Shop"}, Attention: string(parcel.AttentionException)}
				}
				got, err := r.Render(l)
				require.NoError(t, err)
				for _, said := range []string{got.Subject, got.Text} {
					require.NotRegexp(t, `\{\{|\}\}|<no value>|%!|  [a-z]`, said, "%s %s", language, kind)
					require.NotRegexp(t, ` [.,;]|\.\.|\(\)`, said, "%s %s", language, kind)
					if language != parcel.English {
						said = strings.NewReplacer("Example Shop", "", "https://shop.example", "", "tracking.example", "", "Sendcloud", "").Replace(said)
						require.NotRegexp(t, english, said, "%s %s", language, kind)
					}
				}
			}
		}
	}
}
