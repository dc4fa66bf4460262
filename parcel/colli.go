package parcel

import "slices"

// Colli are parcels that go to one recipient together. When several reach a phase together,
// the recipient gets one mail: each tells when it has a mail to send ([Colli.Join]), and the
// first whose mail may leave speaks for all ([Colli.Claim]). They count as told when that
// mail was accepted ([Colli.Settle]); if it was not, the next one speaks.
type Colli struct {
	// Ready are the mails that wait to leave.
	Ready []ColloMail `json:"ready,omitempty"`
	// Spoken are the mails that leave or left, oldest first.
	Spoken []Spoken `json:"spoken,omitempty"`
}

// ColloMail is the mail of one of several parcels.
type ColloMail struct {
	ParcelID int64    `json:"parcelId"`
	Kind     MailKind `json:"kind"`
	Key      string   `json:"key"`
	// Asked says that it could leave, and waits for the mail that speaks for it.
	Asked bool `json:"asked,omitempty"`
}

// Spoken is a mail that speaks for several parcels.
type Spoken struct {
	By  ColloMail   `json:"by"`
	For []ColloMail `json:"for"`
	// Reached is how many had got that far then. Told says that the mail was accepted.
	Reached int  `json:"reached"`
	Told    bool `json:"told,omitempty"`
}

// Claim says whether a mail is to be sent.
type Claim struct {
	// ToldBy is the parcel whose mail has spoken for this one; 0 if it is to be sent. Then
	// Reached is how many of the parcels have got that far, this one included.
	ToldBy  int64 `json:"toldBy,omitempty"`
	Reached int   `json:"reached,omitempty"`
}

// SettledMail says what became of a mail that may have spoken for others.
type SettledMail struct {
	Key  string `json:"key"`
	Told bool   `json:"told"`
}

const spokenLimit = 50 // more than parcels have phases

// Join notes that a parcel has a mail to send. What it had to send before is old news.
func (c *Colli) Join(m ColloMail) {
	if c.spokenFor(m) != nil {
		return // it has joined before
	}
	m.Asked = m.Asked || c.waits(m)
	c.Ready = slices.DeleteFunc(c.Ready, func(r ColloMail) bool { return r.ParcelID == m.ParcelID })
	c.Ready = last(append(c.Ready, m), spokenLimit)
}

// Claim asks for a mail that may leave now, once or more; [Colli.Answer] has the answer.
func (c *Colli) Claim(m ColloMail) {
	m.Asked = true
	if s := c.spokenFor(m); s != nil {
		for i := range s.For {
			s.For[i].Asked = s.For[i].Asked || s.For[i].Key == m.Key
		}
		return
	}
	c.Join(m)
	c.speak(m)
}

// speak has a mail speak for all that are ready.
func (c *Colli) speak(m ColloMail) {
	s := Spoken{By: m}
	for _, r := range c.Ready {
		if r.Kind == m.Kind {
			s.For = append(s.For, r)
		}
	}
	c.Ready = slices.DeleteFunc(c.Ready, func(r ColloMail) bool { return r.Kind == m.Kind })
	c.Spoken = last(append(c.Spoken, s), spokenLimit)
	c.Spoken[len(c.Spoken)-1].Reached = c.reached(m.Kind)
}

// Settle notes what became of a mail. If it was not sent, the first of those that it spoke
// for and that could leave speaks instead.
func (c *Colli) Settle(settled SettledMail) {
	i := slices.IndexFunc(c.Spoken, func(s Spoken) bool { return s.By.Key == settled.Key })
	switch {
	case i >= 0 && settled.Told:
		c.Spoken[i].Told = true
		return
	case i < 0:
		c.leave(settled.Key)
		return
	}
	released := slices.DeleteFunc(c.Spoken[i].For, func(m ColloMail) bool { return m.Key == settled.Key })
	c.Spoken = slices.Delete(c.Spoken, i, i+1)
	c.Ready = last(append(c.Ready, released...), spokenLimit)
	if next := slices.IndexFunc(released, func(m ColloMail) bool { return m.Asked }); next >= 0 {
		c.speak(released[next])
	}
}

// leave takes out a mail that was given up before it spoke.
func (c *Colli) leave(key string) {
	is := func(m ColloMail) bool { return m.Key == key }
	c.Ready = slices.DeleteFunc(c.Ready, is)
	for i := range c.Spoken {
		if !c.Spoken[i].Told {
			c.Spoken[i].For = slices.DeleteFunc(c.Spoken[i].For, is)
		}
	}
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
