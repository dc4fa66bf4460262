package delivery

// Post is one try of a message, in the form in which a mail provider takes it.
type Post struct {
	Key     string
	Try     int
	Subject Subject
	// To is an address, From a name: the provider knows its address. ReplyTo is where answers
	// go; to the sender if it is empty.
	To, From, ReplyTo string
	// Title is the line that mail programs show first.
	Title, Text, HTML string
	// Tags are for the provider's statistics. Doubles are left out.
	Tags []string
	// Thread is an id that messages about the same thing share; empty is none.
	Thread string
}

// Reference is what a mail provider remembers of a post.
type Reference struct {
	Subject Subject
	Key     string
}
