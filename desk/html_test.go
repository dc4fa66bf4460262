package desk

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// empties are elements that have no end.
var empties = []string{"meta", "link", "input", "br", "img"}

// requirePage fails unless a page is well-formed HTML that a screen reader finds
// its way in: landmarks, one first heading, headings that leave none out, fields
// with labels, links within the page that lead somewhere; and unless it loads
// nothing and runs nothing.
func requirePage(t *testing.T, body string) {
	t.Helper()
	require.Regexp(t, `^<!doctype html>\n<html lang="[a-z]{2}(-XA)?">`, body)
	var open []string
	seen := map[string]int{}
	ids := map[string]bool{}
	var needed []string // ids that have to be there
	var labelled, fields []string
	level := 0
	z := html.NewTokenizer(strings.NewReader(body))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			require.ErrorIs(t, z.Err(), io.EOF)
			break
		}
		token := z.Token()
		switch kind { //nolint:exhaustive // only elements matter
		case html.EndTagToken:
			require.NotEmpty(t, open, "</%s> ends nothing", token.Data)
			require.Equal(t, open[len(open)-1], token.Data, "elements cross")
			open = open[:len(open)-1]
		case html.StartTagToken:
			seen[token.Data]++
			if !slices.Contains(empties, token.Data) {
				require.False(t, token.Data == "p" && slices.Contains(open, "p"), "a p in a p")
				open = append(open, token.Data)
			}
			if token.Data == "iframe" {
				require.Contains(t, token.Attr, html.Attribute{Key: "sandbox", Val: ""}, "nothing runs in a frame")
			}
			if heading := regexp.MustCompile(`^h([1-6])$`).FindStringSubmatch(token.Data); heading != nil {
				n := int(heading[1][0] - '0')
				require.LessOrEqual(t, n, level+1, "a heading was left out before a %s", token.Data)
				level = n
			}
			for _, a := range token.Attr {
				require.False(t, strings.HasPrefix(a.Key, "on") || a.Key == "style", "%s has %s", token.Data, a.Key)
				switch a.Key {
				case "id":
					require.False(t, ids[a.Val], "two have the id %s", a.Val)
					ids[a.Val] = true
				case "for":
					labelled = append(labelled, a.Val)
				case "aria-labelledby", "aria-describedby":
					needed = append(needed, strings.Fields(a.Val)...)
				case "href", "action", "src":
					local := strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "//") || strings.HasPrefix(a.Val, "#") || a.Val == "data:," || slices.Contains(token.Attr, html.Attribute{Key: "rel", Val: "noreferrer noopener"})
					require.True(t, local, "%s leads away, to %s", token.Data, a.Val)
					if target, ok := strings.CutPrefix(a.Val, "#"); ok {
						needed = append(needed, target)
					}
				}
			}
			if hidden := slices.Contains(token.Attr, html.Attribute{Key: "type", Val: "hidden"}); !hidden && slices.Contains([]string{"input", "select", "textarea"}, token.Data) && !slices.Contains(open, "label") {
				i := slices.IndexFunc(token.Attr, func(a html.Attribute) bool { return a.Key == "id" })
				require.GreaterOrEqual(t, i, 0, "a %s has no id", token.Data)
				fields = append(fields, token.Attr[i].Val)
			}
		}
	}
	require.Empty(t, open, "elements that never end")
	for _, id := range slices.Concat(needed, labelled) {
		require.True(t, ids[id], "nothing has the id %s", id)
	}
	require.Subset(t, labelled, fields, "fields without a label")
	require.Equal(t, 1, seen["h1"])
	require.Equal(t, 1, seen["main"])
	require.Equal(t, 1, seen["header"])
	require.Equal(t, 1, seen["title"])
	require.Equal(t, seen["table"], seen["caption"])
	require.Zero(t, seen["script"]+seen["object"]+seen["style"]+seen["img"])
}
