package activities_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/activities"
	"waybill/contract"
	"waybill/delivery"
)

func TestABounceIsTracedToEachSubjectOnce(t *testing.T) {
	for _, c := range []struct {
		name     string
		provider *provider
		want     []contract.TracedMail
	}{
		{"the newest mail of each subject", &provider{traced: []delivery.Reference{
			{Subject: "parcel:demo:7", Key: "newest"}, {Subject: "parcel:demo:8", Key: "other"}, {Subject: "parcel:demo:7", Key: "older"},
			{Subject: "refund:demo:7", Key: "refund"}, {Subject: "sign-in:a-nonce", Key: "link"},
		}}, []contract.TracedMail{
			{Subject: "parcel:demo:7", Key: "newest"}, {Subject: "parcel:demo:8", Key: "other"},
			{Subject: "refund:demo:7", Key: "refund"}, {Subject: "sign-in:a-nonce", Key: "link"},
		}},
		{"nobody knows the address", &provider{}, nil},
		{"the logs cannot be read", &provider{unsearchable: errors.New("the logs cannot be read")}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			traced, err := perform(t, contract.TraceMails, activities.Bounces{Provider: c.provider}.TraceMails, contract.Bounce{Address: "jane@example.com"})
			require.NoError(t, err)
			require.Equal(t, c.want, traced)
		})
	}
}
