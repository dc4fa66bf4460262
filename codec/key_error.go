package codec

import (
	"fmt"
	"regexp"
)

// KeyError says that a payload cannot be read with the keys that there are.
type KeyError struct {
	// ID is the key that it was encrypted with; empty if it was not encrypted.
	ID string
	// Broken says that there is a key of this id, which is another one, or that the payload was changed.
	Broken bool
}

const (
	plainText   = "a payload is not encrypted: while there are workflows from before the keys, set WAYBILL_CODEC_PLAIN=read"
	brokenText  = "a payload cannot be read with the key %s: another process has another key of this id, or the payload was changed"
	missingText = "a payload was encrypted with the key %s, which is not in WAYBILL_CODEC_KEYS: add its line below the others"
)

func (e *KeyError) Error() string {
	switch {
	case e.ID == "":
		return plainText
	case e.Broken:
		return fmt.Sprintf(brokenText, e.ID)
	}
	return fmt.Sprintf(missingText, e.ID)
}

// keyErrorText is the text of a KeyError and nothing else, after what the SDK says before it.
var keyErrorText = regexp.MustCompile(`^(?:` + plainText + `|` + fmt.Sprintf(brokenText+`|`+missingText, anID, anID) + `)$`)

// anID is any id, or what stands for none.
const anID = `(?:[a-z0-9-]{1,32}|\(not an id\))`
