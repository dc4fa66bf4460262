// Package waybill_test guards the plan of the house: who may import whom.
package waybill_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rooms says which of our own packages each room may import, directly or
// through others. A folder with Go code that is missing here is a fault.
var rooms = map[string][]string{
	// What is said to people, in their languages. Rules name what they say, and pages and mails put it
	// into words, so it lies beneath all of them.
	"words":    {"yamlfile"},
	"delivery": {"words", "yamlfile"},
	// By which words parcels and refunds are found. Data protection orders changes here.
	"search": {},
	"parcel": {"delivery", "search", "words", "yamlfile"},
	// Test kit: only tests import it.
	"generated": {},
	// Test kit: only tests and devstack import it.
	"parcel/story": {"delivery", "search", "parcel", "storytime", "words", "yamlfile"},
	"storytime":    {},
	"refund":       {"delivery", "search", "words", "yamlfile"},
	"link":         {},
	// It encrypts what Temporal stores, and knows nothing of what that is.
	"codec": {},
	// Which build a program is: releases order changes here. It imports none of ours, so all may say it.
	"version": {},
	// The metrics by name: every room that counts takes them from there.
	"monitoring": {"delivery", "search", "contract", "parcel", "refund", "words", "yamlfile"},
	// Workflows pass traces on, except for one signal that contract names.
	"tracing": {"delivery", "search", "contract", "parcel", "refund", "words", "yamlfile"},
	// What every call to somebody else's server has in common.
	"httpclient": {},
	// The manners of all commands, ours and those of devstack.
	"commandline": {},
	// What a person may write in a file, and what YAML makes of it.
	"yamlfile":     {},
	"payment":      {"delivery", "search", "refund", "httpclient", "words", "yamlfile"},
	"refund/story": {"delivery", "search", "refund", "storytime", "words", "yamlfile"},
	"contract":     {"delivery", "search", "parcel", "refund", "words", "yamlfile"},
	"sendcloud":    {"delivery", "search", "parcel", "refund", "httpclient", "words", "yamlfile"},
	"workflows":    {"delivery", "search", "contract", "parcel", "refund", "words", "yamlfile"},
	"policy":       {"delivery", "search", "contract", "parcel", "refund", "yamlfile", "words"},
	"recorder":     {"delivery", "search", "httpclient", "contract", "parcel", "refund", "sendcloud", "words", "yamlfile"},
	// What is kept for longer than Temporal keeps it. Bookkeeping orders changes here.
	"archive":    {"delivery", "search", "httpclient", "contract", "parcel", "refund", "sendcloud", "recorder", "words", "yamlfile"},
	"activities": {"archive", "delivery", "search", "monitoring", "httpclient", "contract", "parcel", "refund", "link", "payment", "mail", "sendcloud", "recorder", "yamlfile", "words"},
	// The codec endpoint decrypts for the inspectors of the policy.
	"ingress": {"version", "codec", "delivery", "search", "monitoring", "httpclient", "contract", "parcel", "policy", "refund", "sendcloud", "mail/sendgrid", "recorder", "words", "yamlfile"},
	// It shows mails as they were sent.
	"desk":     {"version", "codec", "delivery", "search", "monitoring", "httpclient", "contract", "parcel", "refund", "link", "policy", "recorder", "ingress", "sendcloud", "mail", "mail/sendgrid", "yamlfile", "words"},
	"worker":   {"archive", "version", "codec", "delivery", "search", "monitoring", "httpclient", "contract", "parcel", "refund", "link", "payment", "sendcloud", "mail", "mail/sendgrid", "policy", "recorder", "workflows", "activities", "yamlfile", "words"},
	"settings": {"archive", "version", "codec", "delivery", "search", "monitoring", "httpclient", "contract", "parcel", "refund", "link", "payment", "sendcloud", "mail", "mail/sendgrid", "policy", "recorder", "workflows", "activities", "ingress", "desk", "worker", "yamlfile", "words"},
	// It asks what the processes are set up with, and everybody they talk to.
	"console/doctor": {"archive", "version", "codec", "delivery", "search", "monitoring", "httpclient", "contract", "parcel", "refund", "link", "payment", "sendcloud", "mail", "mail/sendgrid", "policy", "recorder", "workflows", "activities", "ingress", "desk", "worker", "settings", "yamlfile", "words"},
	"console":        {"archive", "version", "codec", "console/doctor", "commandline", "delivery", "search", "monitoring", "httpclient", "contract", "parcel", "refund", "link", "payment", "sendcloud", "mail", "mail/preview", "mail/sendgrid", "policy", "recorder", "workflows", "activities", "ingress", "desk", "worker", "settings", "yamlfile", "words"},
	"cmd/waybill":    {"archive", "version", "codec", "commandline", "delivery", "search", "monitoring", "tracing", "httpclient", "contract", "parcel", "refund", "link", "payment", "sendcloud", "mail", "mail/preview", "mail/sendgrid", "policy", "recorder", "workflows", "activities", "ingress", "desk", "worker", "settings", "console", "console/doctor", "yamlfile", "words"},
	// What a mail says, and who carries it.
	"mail":          {"delivery", "search", "parcel", "yamlfile", "words"},
	"mail/preview":  {"delivery", "search", "mail", "parcel", "yamlfile", "words"},
	"mail/sendgrid": {"delivery", "httpclient", "words", "yamlfile"},
	// An example for merchants, who have nothing of ours.
	"docs/receiver": {},
	// Likewise for those who call the API.
	"docs/client": {},
}

// owners says who alone may import an outside package, by prefix of its path.
var owners = map[string][]string{
	"github.com/gin-gonic/":     {"ingress", "desk"},
	"github.com/coreos/":        {"ingress"}, // it verifies who has signed in to Temporal's UI
	"github.com/sendgrid/":      {"mail/sendgrid"},
	"go.temporal.io/server":     {"devstack"},
	"github.com/temporalio/":    {"devstack"},
	"go.temporal.io/sdk/client": {"monitoring", "ingress", "recorder", "worker", "settings", "console", "console/doctor", "cmd/waybill", "devstack"},
	"go.temporal.io/":           {"version", "monitoring", "tracing", "ingress", "recorder", "worker", "codec", "settings", "console", "console/doctor", "cmd/waybill", "workflows", "activities", "devstack"},
	// Spans begin where requests come in and calls go out; without traces they cost nothing.
	"go.opentelemetry.io/":           {"cmd/waybill", "tracing", "ingress", "httpclient"},
	"github.com/prometheus/":         {"cmd/waybill"},
	"github.com/lmittmann/":          {"cmd/waybill"},
	"github.com/mattn/":              {"commandline"},
	"github.com/hashicorp/":          {"sendcloud", "activities", "desk", "recorder"},
	"github.com/go-json-experiment/": {"sendcloud", "desk"}, // the API refuses a field that is there twice
	"github.com/shopspring/":         {"refund"},
	"go.yaml.in/":                    {"yamlfile"},
	"github.com/spf13/":              {"commandline", "console", "cmd/waybill", "devstack"},
	"github.com/chromedp/":           {"devstack"},
	"google.golang.org/grpc":         {"recorder", "devstack"},
	"google.golang.org/protobuf":     {"codec", "worker", "devstack"},
	// It compresses what it encrypts.
	"github.com/klauspost/": {"codec"},
}

// forbidden says what a room may not import although the world allows it.
var forbidden = map[string][]string{
	"search":    {"os", "net", "log", "context", "math/rand", "crypto/rand"},
	"delivery":  {"os", "net", "log", "context", "math/rand", "crypto/rand"},
	"parcel":    {"os", "net", "log", "context", "math/rand", "crypto/rand"},
	"refund":    {"os", "net", "log", "context", "math/rand", "crypto/rand"},
	"contract":  {"os", "net", "log", "go.temporal.io/"},
	"workflows": {"os", "net", "log", "math/rand", "crypto/rand"},
}

// clockless rooms get the time as an argument.
var clockless = []string{"delivery", "search", "parcel", "refund", "contract", "workflows"}

func TestEveryRoomImportsOnlyWhatThePlanAllows(t *testing.T) {
	house := readRooms(t, ".")
	require.ElementsMatch(t, slices.Collect(maps.Keys(rooms)), slices.Collect(maps.Keys(house)),
		"the rooms on disk and the rooms in the table differ")
	for room, pkg := range house {
		for imported := range reachable(house, room) {
			require.Contains(t, rooms[room], imported, "%s reaches %s", room, imported)
		}
		for path := range pkg.outside {
			for _, taboo := range forbidden[room] {
				require.False(t, within(path, taboo), "%s imports %s", room, path)
			}
			requireOwner(t, room, path)
		}
		if slices.Contains(clockless, room) {
			require.Empty(t, pkg.clock, "%s reads the clock", room)
		}
	}
}

func TestOnlyDevstackImportsTemporalsServer(t *testing.T) {
	product, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	require.NotContains(t, string(product), "go.temporal.io/server")
	for _, room := range readRooms(t, "devstack") {
		for path := range room.outside {
			requireOwner(t, "devstack", path)
		}
		for path := range room.own {
			require.True(t, strings.HasPrefix(path, "devstack/") || slices.Contains([]string{"codec", "commandline", "contract", "delivery", "parcel", "parcel/story", "refund", "refund/story", "search"}, path),
				"devstack imports %s: its stand-ins share no code with what they stand in for", path)
		}
	}
}

// requireOwner fails if the longest prefix that fits a path is somebody else's.
func requireOwner(t *testing.T, room, path string) {
	t.Helper()
	longest := ""
	for prefix := range owners {
		if strings.HasPrefix(path, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	if longest != "" {
		require.Contains(t, owners[longest], room, "%s imports %s", room, path)
	}
}

type room struct {
	own, outside map[string]bool
	clock        []string
}

// readRooms reads the imports of all packages below a folder, without tests.
func readRooms(t *testing.T, root string) map[string]room {
	t.Helper()
	house := map[string]room{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "devstack" || d.Name() == "bin"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		name := filepath.ToSlash(filepath.Dir(path))
		if _, ok := house[name]; !ok {
			house[name] = room{own: map[string]bool{}, outside: map[string]bool{}}
		}
		return readFile(path, name, house)
	})
	require.NoError(t, err)
	return house
}

func readFile(path, name string, house map[string]room) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if own, ok := strings.CutPrefix(imported, "waybill/"); ok {
			house[name].own[own] = true
		} else {
			house[name].outside[imported] = true
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" &&
				slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer", "NewTicker"}, s.Sel.Name) {
				r := house[name]
				r.clock = append(r.clock, path+": time."+s.Sel.Name)
				house[name] = r
			}
		}
		return true
	})
	return nil
}

// reachable are the rooms that a room imports, directly or through others.
func reachable(house map[string]room, from string) map[string]bool {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		for own := range house[name].own {
			if !seen[own] {
				seen[own] = true
				visit(own)
			}
		}
	}
	visit(from)
	return seen
}

// within reports whether path is the package taboo or lies below it.
func within(path, taboo string) bool {
	return path == taboo || strings.HasPrefix(path, strings.TrimSuffix(taboo, "/")+"/")
}
