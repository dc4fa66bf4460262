package refund_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/refund"
)

func receipt(t testing.TB) []refund.Entry {
	t.Helper()
	r := in(t, refund.Paid, live(), known(t, "EUR 300.00"))
	require.Greater(t, len(r.Receipt), 6)
	require.NoError(t, refund.CheckReceipt(r.Receipt))
	return r.Receipt
}

func TestAReceiptShowsEachChangeOfEachField(t *testing.T) {
	whole := receipt(t)
	for i := range whole {
		for field := range reflect.TypeFor[refund.Entry]().NumField() {
			lines := slices.Clone(whole)
			v := reflect.ValueOf(&lines[i]).Elem().Field(field)
			switch v.Interface().(type) {
			case time.Time:
				v.Set(reflect.ValueOf(lines[i].At.Add(1)))
			case refund.Author:
				lines[i].By.Person += "x"
			default:
				v.SetString(v.String() + "x")
			}
			require.ErrorContains(t, refund.CheckReceipt(lines), "is not as it was written", "line %d, field %d", i+1, field)
		}
	}
}

// A person may be called like a part of the machinery.
func TestAPersonIsNeverTakenForTheMachinery(t *testing.T) {
	r := in(t, refund.AwaitingApproval, live(), known(t, "EUR 60.00"))
	for via, want := range map[refund.Via]string{
		refund.ViaLink: "Sendcloud (mailed link)", refund.ViaPage: "Sendcloud (page)", refund.ViaAPI: "Sendcloud (API)", "": "Sendcloud (through Temporal, unproven)",
	} {
		r.Refuse(refund.Said{By: "Sendcloud", Via: via}, "approve", "no", live(), monday)
		require.Equal(t, want, r.Receipt[len(r.Receipt)-1].By.String())
	}
}

func TestAReceiptShowsLinesThatWereMovedTakenOutOrPutIn(t *testing.T) {
	whole := receipt(t)
	require.NoError(t, refund.CheckReceipt(nil))
	for i := range whole {
		for j := range i {
			lines := slices.Clone(whole)
			lines[i], lines[j] = lines[j], lines[i]
			require.Error(t, refund.CheckReceipt(lines), "lines %d and %d were exchanged", i+1, j+1)
		}
		if i < len(whole)-1 {
			require.Error(t, refund.CheckReceipt(slices.Delete(slices.Clone(whole), i, i+1)), "line %d was taken out", i+1)
		}
		for j := range whole {
			require.Error(t, refund.CheckReceipt(slices.Insert(slices.Clone(whole), j, whole[i])), "line %d was put in before %d", i+1, j+1)
		}
		require.Error(t, refund.CheckReceipt(append(slices.Clone(whole), whole[i])), "line %d was put at the end", i+1)
		require.NoError(t, refund.CheckReceipt(whole[:i+1]), "an end that is missing is not seen, as the comment says")
	}
}

func TestAReceiptIsWholeAfterItsJSONAndInAnyTimeZone(t *testing.T) {
	whole := unjs[[]refund.Entry](t, js(t, receipt(t)))
	require.NoError(t, refund.CheckReceipt(whole))
	for i := range whole {
		whole[i].At = whole[i].At.In(time.FixedZone("", 3600))
	}
	require.NoError(t, refund.CheckReceipt(whole))

	p := live()
	r := waiting(t, p, known(t, "EUR 60.00"))
	require.NoError(t, r.Follow("reject", input("anna", "why", "caf\xe9 \u2028 <b> \x00"), p, monday.In(time.FixedZone("", 3600))))
	r.Refuse(by("\xff"), "approve", "\xff", p, monday)
	require.NoError(t, refund.CheckReceipt(unjs[refund.Refund](t, js(t, r)).Receipt), "whatever somebody types")
}
