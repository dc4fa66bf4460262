package settings

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/mail/sendgrid"
)

var update = flag.Bool("update", false, "write docs/settings.md and .env.example anew")

// reference is docs/settings.md.
func reference() string {
	var page strings.Builder
	page.WriteString(`# Settings

Waybill reads its settings from the environment. At the start, a command checks all of its settings and lists everything
that is wrong. This page is made from the list in the code: ` + "`go test ./settings -update`" + ` writes it.

- A name that ends in ` + "`<INTEGRATION>`" + ` stands for one variable for each Sendcloud integration:
  ` + "`SENDCLOUD_KEYS_MY_SHOP`" + ` is about ` + "`my-shop`" + `.
- A secret can also be read from a file. ` + "`<NAME>_FILE`" + ` names the file, as in ` + "`SENDGRID_API_KEY_FILE`" + `. When the file
  of a key changes, ingress and workers use the new key within seconds, without a restart: see [rotation.md](rotation.md).
- Temporal is found through the ` + "`TEMPORAL_*`" + ` settings of all Temporal tools, or through a profile in ` + "`temporal.toml`" + `.
- ` + "`waybill doctor`" + ` reads all settings of ingress and worker.
- ` + "`docker-compose.yml`" + ` takes its settings from ` + "`.env`" + `: copy ` + "`.env.example`" + `. It takes secrets from files: see
  [deploying.md](deploying.md).

| setting | what it is | if unset | read by |
|---|---|---|---|
`)
	for _, v := range variables {
		about := sentence(v.About)
		if v.Secret {
			about = "Secret: " + v.About + "."
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", v.Name, strings.ReplaceAll(about, "<", "&lt;"), quoted(v.Default), strings.Join(readers(v), ", "))
	}
	return page.String()
}

func quoted(value string) string {
	if value == "" {
		return ""
	}
	return "`" + value + "`"
}

func readers(v Variable) []string {
	var all []string
	for _, reader := range v.For {
		if reader == Temporal {
			reader = "all that reach Temporal"
		} else {
			reader = "`" + reader + "`"
		}
		all = append(all, reader)
	}
	return all
}

// example is .env.example.
func example() string {
	file := "# Copy to .env and fill in. There are no secrets in it: make secrets makes their files. In a value,\n# write $$ for a dollar sign.\n"
	for _, v := range variables {
		if slices.Contains(v.For, Compose) {
			file += fmt.Sprintf("\n%s\n%s=%s\n", wrap(sentence(cmp.Or(v.InCompose, v.About+v.unset())), "# ", 88), forShop(v.Name), v.Example)
		}
	}
	return file
}

// forShop is a variable of the one integration that docker-compose.yml has.
func forShop(name string) string { return strings.ReplaceAll(name, perIntegration, "SHOP") }

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

func TestPageAndExampleFollowTheList(t *testing.T) {
	for file, want := range map[string]string{"../docs/settings.md": reference(), "../.env.example": example()} {
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(want), 0o600))
		}
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, want, string(got), "%s: renew it with go test ./settings -update", file)
	}
}

func TestComposeTakesFromTheExampleWhatTheListSays(t *testing.T) {
	compose, err := os.ReadFile("../docker-compose.yml")
	require.NoError(t, err)
	var taken, listed []string
	for _, name := range regexp.MustCompile(`(?:\$\{|environment: )([A-Z][A-Z_]+)`).FindAllStringSubmatch(string(compose), -1) {
		taken = append(taken, name[1])
	}
	for _, v := range variables {
		if slices.Contains(v.For, Compose) {
			listed = append(listed, forShop(v.Name))
		}
	}
	// What an image is built with belongs to one build: in .env, it would stay.
	taken = slices.DeleteFunc(taken, func(name string) bool { return name == "WAYBILL_VERSION" || name == "WAYBILL_REVISION" })
	slices.Sort(taken)
	require.ElementsMatch(t, slices.Compact(taken), listed)
}

func TestTheListHasEachSettingOnceAndSaysWhoReadsIt(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range variables {
		require.False(t, seen[v.Name], v.Name)
		seen[v.Name] = true
		require.NotEmpty(t, v.About, v.Name)
		require.NotEmpty(t, v.For, v.Name)
		require.False(t, v.Secret && v.Default != "", "%s: a secret has no default", v.Name)
		for _, command := range v.For {
			require.Contains(t, Help(command), v.Name)
		}
	}
}

func TestEverySecretHasAHowTo(t *testing.T) {
	page, err := os.ReadFile("../docs/rotation.md")
	require.NoError(t, err)
	for _, v := range variables {
		if v.Secret {
			require.Contains(t, string(page), "`"+v.Name+"`", "say how to change it")
		}
	}
}

func TestDefaultsAreWhatTheOtherRoomsSay(t *testing.T) {
	env := New(nil)
	require.Equal(t, sendgrid.DefaultFaultPause, env.duration("WAYBILL_MAIL_SETUP_PAUSE"))
	require.Equal(t, 15*time.Minute, env.duration("WAYBILL_RECONCILE_EVERY"))
	require.Zero(t, env.number("WAYBILL_MAIL_RATE"))
}

func TestNothingIsReadThatIsNotOnTheList(t *testing.T) {
	env := New([]string{"WAYBILL_COLOUR=red", "SENDCLOUD_KEYS_MY_SHOP=x"})
	require.Panics(t, func() { env.Text("WAYBILL_COLOUR") })
	require.Panics(t, func() { env.secret("WAYBILL_LISTEN") }, "what is no secret is in no file")
	require.Equal(t, "x", env.secret("SENDCLOUD_KEYS_MY_SHOP"))
}
