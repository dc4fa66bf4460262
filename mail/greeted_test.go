package mail

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestANameInCapitalsIsGreetedAsItIsSpelt(t *testing.T) {
	for name, want := range map[string]string{
		"":                      "",
		"Jane Doe":              "Jane Doe",
		"JANE DOE":              "Jane Doe",
		"DUPONT Hélène":         "Dupont Hélène",
		"HÉLÈNE DUPONT-MOREL":   "Hélène Dupont-Morel",
		"J. R. JANSEN":          "J. R. Jansen",
		"jane doe":              "jane doe",
		"JO DOE":                "JO DOE", // initials, perhaps
		"ANNA VAN DER BERG":     "ANNA VAN DER BERG",
		"IAN MCDONALD":          "IAN MCDONALD",
		"SEAN O'BRIEN":          "SEAN O'BRIEN",
		"HANS GROSS":            "HANS GROSS", // Groß, perhaps
		"IJSBRAND JANSEN":       "IJSBRAND JANSEN",
		"AYŞE YILMAZ":           "AYŞE YILMAZ",
		"EXAMPLE GMBH":          "EXAMPLE GMBH",
		"KPMG JANSEN":           "KPMG JANSEN",
		"JANE DOE 3RD":          "JANE DOE 3RD",
		"山田 太郎":                 "山田 太郎",
		"ΜΑΡΙΑ ΠΑΠΑΔΟΠΟΥΛΟΥ":    "ΜΑΡΙΑ ΠΑΠΑΔΟΠΟΥΛΟΥ", // accents are lost in capitals
		"МАРІЯ ШЕВЧЕНКО":        "МАРІЯ ШЕВЧЕНКО",
		"CHARLES-EDOUARD DUVAL": "Charles-Edouard Duval",
	} {
		require.Equal(t, want, greeted(name), name)
	}
}
