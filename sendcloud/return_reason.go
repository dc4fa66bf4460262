package sendcloud

// returnReasons are the ids of reasons for a return, with Sendcloud's own
// English words. 2 and 5 do not exist. https://sendcloud.dev/api/v3/returns
var returnReasons = map[int]string{
	1:  "Product did not match expectations",
	3:  "Other (explain in message)",
	4:  "Incorrect product ordered",
	6:  "Product did not match description on website",
	7:  "Wrong product shipped",
	8:  "No reason",
	9:  "Rent",
	10: "Does not work",
	11: "Changed my mind",
	12: "Did not meet expectations",
	13: "Excessive amount",
	14: "Better price available",
	15: "Accidental order",
	16: "No longer needed",
	17: "Sample products",
	18: "Looks different than expected",
	19: "Ordered more than one size",
	20: "Arrived too late",
	21: "Poor quality / Faulty",
	22: "Does not fit properly",
	23: "Does not suit me",
	24: "Incorrect product received",
	25: "Parcel damaged on arrival",
	26: "Wrong size ordered",
	27: "Wrong color ordered",
	28: "Does not function as expected",
	29: "Recycle or reuse packaging",
	30: "Size too large",
	31: "Size too small",
	32: "Holiday season return",
}

// Reason puts the id of a reason for a return into words. ok is false for an id
// that is not Sendcloud's: shops may have reasons of their own.
func Reason(id int) (words string, ok bool) {
	words, ok = returnReasons[id]
	return words, ok
}
