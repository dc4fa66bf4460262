package parcel_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/parcel"
)

func colloMail(id int64, kind parcel.MailKind) parcel.ColloMail {
	return parcel.ColloMail{ParcelID: id, Kind: kind, Key: fmt.Sprint(id, kind)}
}

// claim asks for a mail, and says what comes of it if that is known.
func claim(c *parcel.Colli, m parcel.ColloMail) (parcel.Claim, bool) {
	c.Claim(m)
	return c.Answer(m)
}

func requireClaim(t *testing.T, want parcel.Claim, c *parcel.Colli, m parcel.ColloMail) {
	t.Helper()
	got, known := claim(c, m)
	require.True(t, known, "nothing is known yet")
	require.Equal(t, want, got)
}

func TestParcelsThatGetThereTogetherAreOneMail(t *testing.T) {
	var c parcel.Colli
	c.Join(colloMail(1, parcel.MailShipped))
	c.Join(colloMail(2, parcel.MailShipped))
	requireClaim(t, parcel.Claim{Reached: 2}, &c, colloMail(2, parcel.MailShipped))
	_, known := claim(&c, colloMail(1, parcel.MailShipped))
	require.False(t, known, "the mail that speaks for it was not accepted yet")
	c.Settle(parcel.SettledMail{Key: colloMail(2, parcel.MailShipped).Key, Told: true})
	requireClaim(t, parcel.Claim{ToldBy: 2}, &c, colloMail(1, parcel.MailShipped))
	requireClaim(t, parcel.Claim{Reached: 2}, &c, colloMail(2, parcel.MailShipped))
	requireClaim(t, parcel.Claim{ToldBy: 2}, &c, colloMail(1, parcel.MailShipped))

	// The third is late, and news.
	c.Join(colloMail(3, parcel.MailShipped))
	requireClaim(t, parcel.Claim{Reached: 3}, &c, colloMail(3, parcel.MailShipped))
	require.Empty(t, c.Ready)
}

func TestAParcelThatIsFurtherSpeaksForItselfOnly(t *testing.T) {
	var c parcel.Colli
	c.Join(colloMail(1, parcel.MailShipped))
	c.Join(colloMail(2, parcel.MailShipped))
	c.Join(colloMail(1, parcel.MailOutForDelivery)) // overtakes its own
	requireClaim(t, parcel.Claim{Reached: 1}, &c, colloMail(2, parcel.MailShipped))
	requireClaim(t, parcel.Claim{Reached: 1}, &c, colloMail(1, parcel.MailOutForDelivery))
}

func TestAMailThatNeverJoinedIsSentByItself(t *testing.T) {
	var c parcel.Colli
	requireClaim(t, parcel.Claim{Reached: 1}, &c, colloMail(1, parcel.MailShipped))
	c.Join(colloMail(1, parcel.MailShipped)) // comes after it has left
	require.Empty(t, c.Ready)
	requireClaim(t, parcel.Claim{Reached: 1}, &c, colloMail(1, parcel.MailShipped))
}

func TestIfTheMailThatSpokeWasNotSentTheNextOneSpeaks(t *testing.T) {
	var c parcel.Colli
	for id := range int64(3) {
		c.Join(colloMail(id+1, parcel.MailShipped))
	}
	requireClaim(t, parcel.Claim{Reached: 3}, &c, colloMail(1, parcel.MailShipped))
	_, known := claim(&c, colloMail(2, parcel.MailShipped))
	require.False(t, known)
	c.Settle(parcel.SettledMail{Key: colloMail(1, parcel.MailShipped).Key})
	answer, known := c.Answer(colloMail(2, parcel.MailShipped))
	require.True(t, known)
	require.Equal(t, parcel.Claim{Reached: 2}, answer)
	_, known = claim(&c, colloMail(3, parcel.MailShipped))
	require.False(t, known)
	c.Settle(parcel.SettledMail{Key: colloMail(2, parcel.MailShipped).Key, Told: true})
	requireClaim(t, parcel.Claim{ToldBy: 2}, &c, colloMail(3, parcel.MailShipped))
}

func TestAMailThatIsGivenUpBeforeItSpeaksIsForgotten(t *testing.T) {
	var c parcel.Colli
	c.Join(colloMail(1, parcel.MailShipped))
	c.Join(colloMail(2, parcel.MailShipped))
	c.Settle(parcel.SettledMail{Key: colloMail(2, parcel.MailShipped).Key})
	requireClaim(t, parcel.Claim{Reached: 1}, &c, colloMail(1, parcel.MailShipped))
}

// A second delivery attempt is another mail of the same kind.
func TestASecondMailOfAKindIsNewsAgain(t *testing.T) {
	var c parcel.Colli
	again := colloMail(1, parcel.MailOutForDelivery)
	again.Key = "another"
	requireClaim(t, parcel.Claim{Reached: 1}, &c, colloMail(1, parcel.MailOutForDelivery))
	requireClaim(t, parcel.Claim{Reached: 1}, &c, again)
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
