package parcel

import "slices"

// Colli are the parcels that go to one recipient together. When several of them
// reach a phase together, their recipient gets one mail: each tells when it has
// a mail to send ([Colli.Join]), and the first whose mail may leave speaks for
// all that have ([Colli.Claim]). A parcel that gets there later speaks again.
type Colli struct {
	// Ready are the mails that wait to leave.
	Ready []ColloMail `json:"ready,omitempty"`
	// Spoken are the mails that left, oldest first.
	Spoken []Spoken `json:"spoken,omitempty"`
}

// ColloMail is the mail of one of several parcels.
type ColloMail struct {
	ParcelID int64    `json:"parcelId"`
	Kind     MailKind `json:"kind"`
	// Key is the mail's business key.
	Key string `json:"key"`
}

// Spoken is a mail that spoke for several parcels.
type Spoken struct {
	By  ColloMail   `json:"by"`
	For []ColloMail `json:"for"`
	// Reached is how many had got that far then.
	Reached int `json:"reached"`
}

// Claim says whether a mail is to be sent.
type Claim struct {
	// ToldBy is the parcel whose mail has spoken for this one; 0 if it is to
	// be sent.
	ToldBy int64 `json:"toldBy,omitempty"`
	// Reached is how many of the parcels have got that far, this one included.
	Reached int `json:"reached,omitempty"`
}

// spokenLimit is more than parcels have phases.
const spokenLimit = 50

// Join notes that a parcel has a mail to send. What it had to send before is
// old news.
func (c *Colli) Join(m ColloMail) {
	if c.spokenFor(m) != nil {
		return // told twice
	}
	c.Ready = slices.DeleteFunc(c.Ready, func(r ColloMail) bool { return r.ParcelID == m.ParcelID })
	c.Ready = last(append(c.Ready, m), spokenLimit)
}

// Claim decides about a mail that may leave now. It answers the same when it is
// asked again.
func (c *Colli) Claim(m ColloMail) Claim {
	if s := c.spokenFor(m); s != nil {
		if s.By == m {
			return Claim{Reached: s.Reached}
		}
		return Claim{ToldBy: s.By.ParcelID}
	}
	c.Join(m)
	s := Spoken{By: m}
	for _, r := range c.Ready {
		if r.Kind == m.Kind {
			s.For = append(s.For, r)
		}
	}
	c.Ready = slices.DeleteFunc(c.Ready, func(r ColloMail) bool { return r.Kind == m.Kind })
	c.Spoken = last(append(c.Spoken, s), spokenLimit)
	reached := c.reached(m.Kind)
	c.Spoken[len(c.Spoken)-1].Reached = reached
	return Claim{Reached: reached}
}

// spokenFor is the mail that spoke for another, or nil.
func (c *Colli) spokenFor(m ColloMail) *Spoken {
	for i := range c.Spoken {
		if slices.Contains(c.Spoken[i].For, m) {
			return &c.Spoken[i]
		}
	}
	return nil
}

// reached counts the parcels that have got as far as a kind of mail.
func (c *Colli) reached(kind MailKind) int {
	parcels := map[int64]bool{}
	for _, s := range c.Spoken {
		for _, m := range s.For {
			if m.Kind == kind {
				parcels[m.ParcelID] = true
			}
		}
	}
	return len(parcels)
}
