package yamlfile

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Spread writes a file of JSON as YAML in the same order, each text on a line of its own
// and in quotation marks.
func Spread(json []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(json, &document); err != nil {
		return nil, fmt.Errorf("read JSON as YAML: %w", err)
	}
	spread(&document)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(&document)
	return out.Bytes(), err
}

func spread(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode {
		n.Style = 0
	}
	for i, below := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			below.Style = 0 // a name needs quotation marks only if YAML would misread it
		}
		spread(below)
	}
}
