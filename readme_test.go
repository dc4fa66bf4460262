package waybill_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/contract"
)

func TestTheReadmeKnowsEverySearchAttribute(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, a := range contract.SearchAttributes() {
		require.Contains(t, string(readme), fmt.Sprintf("| `%s` | %s | %s |", a.Name, a.Type, a.Holds))
	}
}

func TestTheReadmeNamesNoTargetThatMakeDoesNotHave(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	makefile, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	named := regexp.MustCompile("(?m)(?:`| {4})make ([a-z]+)").FindAllStringSubmatch(string(readme), -1)
	require.NotEmpty(t, named)
	for _, target := range named {
		require.Regexp(t, `(?m)^`+target[1]+`:.*##`, string(makefile))
	}
}
