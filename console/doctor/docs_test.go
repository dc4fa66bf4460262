package doctor

import (
	"flag"
	"fmt"
	"testing"

	"waybill/generated"
)

var update = flag.Bool("update", false, "write the list of checks in docs/operating.md anew")

func TestThePageListsEveryCheck(t *testing.T) {
	list := "| check | looks at |\n|---|---|\n"
	for _, c := range Checks() {
		list += fmt.Sprintf("| `%s` | %s |\n", c.Name, c.About)
	}
	generated.Section(t, "../../docs/operating.md", "checks", list, *update)
}
