package refund

import "fmt"

// Author is who did something to a refund: a person in some way, or a part of the
// machinery. A person may be called what they like, and is never taken for that.
type Author struct {
	// Person is who gave the order, by name, and Via how.
	Person string `json:"person,omitempty"`
	Via    Via    `json:"via,omitempty"`
	// Machine is what did it if no person did.
	Machine string `json:"machine,omitempty"`
}

// The parts of the machinery.
var (
	theRules        = Author{Machine: "the rules"}
	sendcloudItself = Author{Machine: "Sendcloud"}
	waybillItself   = Author{Machine: "Waybill"}
	theEndpoint     = Author{Machine: "the shop's endpoint"}
	theMailProvider = Author{Machine: "the mail provider"}
	theCarrier      = Author{Machine: "the carrier"}
)

// sourceAuthor is what reported a refund.
func sourceAuthor(s Source) Author { return Author{Machine: string(s)} }

// String is who it was, as people read it: a person is always named with the way.
func (a Author) String() string {
	if a.Machine != "" {
		return a.Machine
	}
	return fmt.Sprintf("%s (%s)", a.Person, a.Via)
}
