package policy

import (
	"encoding/json"
	"maps"
	"strings"
)

// Schema is the JSON Schema of a policy file, for editors.
// https://json-schema.org/draft/2020-12
func Schema() []byte {
	root := branch("")
	for _, s := range settings() {
		at := root
		levels := strings.Split(s.path, ".")
		for _, level := range levels[:len(levels)-1] {
			properties := at["properties"].(map[string]any)
			if properties[level] == nil {
				properties[level] = branch("")
			}
			at = properties[level].(map[string]any)
		}
		leaf := maps.Clone(s.schema)
		leaf["description"] = s.about + "; " + s.allowed
		if s.named != nil {
			at["additionalProperties"] = leaf
			at["propertyNames"] = map[string]any{"pattern": s.named.allowed.String()}
			continue
		}
		leaf["default"] = s.show(defaults())
		at["properties"].(map[string]any)[levels[len(levels)-1]] = leaf
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

func branch(description string) map[string]any {
	b := map[string]any{"type": []any{"object", "null"}, "properties": map[string]any{}, "additionalProperties": false}
	if description != "" {
		b["description"] = description
	}
	return b
}
