package policy

import (
	"encoding/json"
	"maps"
	"strings"
)

// Schema is the JSON Schema of a policy file, for editors.
// https://json-schema.org/draft/2020-12
func Schema() []byte {
	root, p := branch(""), defaults()
	for _, s := range settings(&p) {
		leaf := maps.Clone(s.schema)
		leaf["description"] = s.about + "; " + s.allowed
		if s.named == nil {
			leaf["default"] = s.show()
		}
		plant(root, strings.Split(s.path, "."), s, leaf)
	}
	inner := branch("what differs for one integration")
	inner["properties"] = maps.Clone(root["properties"].(map[string]any))
	properties := root["properties"].(map[string]any)
	properties["version"] = map[string]any{
		"type": "string", "maxLength": 40, "description": "a word of your own for this version; it stands in every decision",
	}
	properties["integrations"] = map[string]any{
		"type": "object", "description": "what differs for single integrations, by name",
		"additionalProperties": inner,
	}
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Waybill policy"
	raw, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // made of texts and numbers only
	}
	return append(raw, '\n')
}

// plant puts a leaf where a path leads to, and the branches that are missing.
func plant(root map[string]any, levels []string, s setting, leaf map[string]any) {
	for i, level := range levels {
		on, name := root["properties"].(map[string]any), level
		if level == "*" {
			on, name = root, "additionalProperties"
			root["propertyNames"] = map[string]any{"pattern": s.named.allowed.String()}
			s = s.of(level)
		}
		if i == len(levels)-1 {
			on[name] = leaf
			return
		}
		next, ok := on[name].(map[string]any)
		if !ok {
			next = branch("")
			on[name] = next
		}
		root = next
	}
}

func branch(description string) map[string]any {
	b := map[string]any{"type": []any{"object", "null"}, "properties": map[string]any{}, "additionalProperties": false}
	if description != "" {
		b["description"] = description
	}
	return b
}
