package refund

// says is what each mail says, in short.
var says = map[What]string{
	TellReceived: "we have your request", TellApproved: "it is approved", TellRejected: "it is rejected, and why",
	TellNeedsInfo: "a question", TellPaid: "it is paid",
	AskApproval: "please decide", Remind: "a reminder to decide", Escalate: "nobody has decided",
}

// Words is a mail as people say it: whom it goes to, and what it says. A task without
// a Person names nobody.
func (d Deed) Words() string {
	switch {
	case d.What.ToCustomer():
		return "to the customer: " + says[d.What]
	case d.What.ToApprover() && d.Person != "":
		return "to " + d.Person + ": " + says[d.What]
	case d.What.ToApprover():
		return "to somebody who decides: " + says[d.What]
	}
	return d.String()
}
