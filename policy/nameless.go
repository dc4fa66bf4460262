package policy

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// nameless keeps people's names out of a fault, which is logged. Its line says whom it is
// about. The longest names come first: one name can begin with another.
func nameless(what string, names []string) string {
	for _, name := range names {
		if rest, twice := strings.CutPrefix(what, name+" stands on line"); twice {
			return "this name stands on line" + rest
		}
		what = strings.ReplaceAll(what, peoplePath+name, peoplePath+"*")
	}
	return what
}

// namesIn are the names of people anywhere in a file, the longest first.
func namesIn(node *yaml.Node) []string {
	var names []string
	var look func(*yaml.Node)
	look = func(n *yaml.Node) {
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if value.Kind == yaml.AliasNode {
				value = value.Alias
			}
			if key.Value == "people" && value.Kind == yaml.MappingNode {
				for j := 0; j+1 < len(value.Content); j += 2 {
					names = append(names, value.Content[j].Value)
				}
				continue
			}
			look(value)
		}
	}
	look(node)
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return names
}
