package parcel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

func colloMail(id int64, kind parcel.MailKind) parcel.ColloMail {
	return parcel.ColloMail{ParcelID: id, Kind: kind, Key: parcel.Key("demo", id, kind, 1, 0)}
}

func TestParcelsThatGetThereTogetherAreOneMail(t *testing.T) {
	var c parcel.Colli
	c.Join(colloMail(1, parcel.MailShipped))
	c.Join(colloMail(2, parcel.MailShipped))
	require.Equal(t, parcel.Claim{Reached: 2}, c.Claim(colloMail(2, parcel.MailShipped)))
	require.Equal(t, parcel.Claim{ToldBy: 2}, c.Claim(colloMail(1, parcel.MailShipped)))
	require.Equal(t, parcel.Claim{Reached: 2}, c.Claim(colloMail(2, parcel.MailShipped)), "asked again")
	require.Equal(t, parcel.Claim{ToldBy: 2}, c.Claim(colloMail(1, parcel.MailShipped)), "asked again")

	// The third is late, and news.
	c.Join(colloMail(3, parcel.MailShipped))
	require.Equal(t, parcel.Claim{Reached: 3}, c.Claim(colloMail(3, parcel.MailShipped)))
	require.Empty(t, c.Ready)
}

func TestAParcelThatIsFurtherSpeaksForItselfOnly(t *testing.T) {
	var c parcel.Colli
	c.Join(colloMail(1, parcel.MailShipped))
	c.Join(colloMail(2, parcel.MailShipped))
	c.Join(colloMail(1, parcel.MailOutForDelivery)) // overtakes its own
	require.Equal(t, parcel.Claim{Reached: 1}, c.Claim(colloMail(2, parcel.MailShipped)))
	require.Equal(t, parcel.Claim{Reached: 1}, c.Claim(colloMail(1, parcel.MailOutForDelivery)))
}

func TestAMailThatNeverJoinedIsSentByItself(t *testing.T) {
	var c parcel.Colli
	require.Equal(t, parcel.Claim{Reached: 1}, c.Claim(colloMail(1, parcel.MailShipped)))
	c.Join(colloMail(1, parcel.MailShipped)) // comes after it has left
	require.Empty(t, c.Ready)
	require.Equal(t, parcel.Claim{Reached: 1}, c.Claim(colloMail(1, parcel.MailShipped)))
}

// A second delivery attempt is another mail of the same kind.
func TestASecondMailOfAKindIsNewsAgain(t *testing.T) {
	var c parcel.Colli
	again := colloMail(1, parcel.MailOutForDelivery)
	again.Key = "another"
	require.Equal(t, parcel.Claim{Reached: 1}, c.Claim(colloMail(1, parcel.MailOutForDelivery)))
	require.Equal(t, parcel.Claim{Reached: 1}, c.Claim(again))
}

func TestColliThatFlapForEverStaySmall(t *testing.T) {
	var c parcel.Colli
	for i := range int64(1000) {
		c.Claim(colloMail(i, parcel.MailShipped))
		c.Join(colloMail(i, parcel.MailDelivered))
	}
	require.Len(t, c.Spoken, 50)
	require.Len(t, c.Ready, 50)
}
