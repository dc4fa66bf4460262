package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"waybill/devstack/sendcloud"
	"waybill/refund"
)

// signatureKeys are those of the webhooks of the integrations that share an account.
var signatureKeys = map[string]string{"demo": signatureKey, "other": "another-signature-key-of-the-tests"}

// branch is a till of another integration, "other", of the same Sendcloud account, with the
// same doors. The settings name the account.
func (s *till) branch() *till {
	other, shop := *s, *s.shop
	other.integration, other.shop = "other", &shop
	shop.account = s.account.Integrate(sendcloud.AccountConfig{
		PublicKey: "public-8", SecretKey: "secret-8", Integration: 8, ShopName: "Another Shop",
		WebhookURL: s.url("/webhooks/sendcloud/other"), SignatureKey: signatureKeys["other"], Scale: 3600,
	})
	s.refundKeys = append(s.refundKeys, "SENDCLOUD_KEYS_OTHER="+signatureKeys["other"])
	s.keys = append(s.keys, "SENDCLOUD_API_KEYS_OTHER=public-8:secret-8", "SENDCLOUD_INTEGRATION_ID_OTHER=8", "SENDCLOUD_ACCOUNT_OTHER=demo",
		"WAYBILL_PAY_URL_OTHER="+s.endpoint, "WAYBILL_PAY_KEYS_OTHER="+payKey)
	return &other
}

// The lists of returns are the account's. Each return is one refund, of the integration that
// sent the parcel: neither is it paid twice, nor do the other shop's people see its customer.
func TestAReturnOfAnAccountIsPaidOnce(t *testing.T) {
	t.Parallel()
	demo := newTill(t, shared.get(t))
	other := demo.branch()
	demo.keys = append(demo.keys, "WAYBILL_RECONCILE_EVERY=1s")
	demo.openDoors()
	demo.awaitAttention("")

	both := []sold{demo.sell("40.00"), other.sell("45.00")}
	for i, o := range both {
		both[i].back0.CreatedAt = time.Now()
		o.back0.CreatedAt = both[i].back0.CreatedAt
		demo.account.AddReturn(o.back0)
	}
	demo.reaches(both[0], refund.Paid)
	other.reaches(both[1], refund.Paid)
	demo.sweeps(2)
	for i, o := range both {
		require.Len(t, demo.paid(o), 1)
		require.Equal(t, wholeWay, demo.told(o))
		elsewhere := o
		elsewhere.integration = both[1-i].integration
		_, err := demo.refund(elsewhere)
		require.Error(t, err, "no sweep records the return of another integration")
	}

	// A webhook that reports it to the wrong integration.
	strayed := demo.sell("42.00")
	demo.account.AddReturn(strayed.back0)
	strayed.integration = "other"
	demo.reportTo("other", strayed)
	known := demo.reaches(strayed, refund.NotOurs)
	require.Empty(t, known.Facts.Customer, "nothing is told of the customer")
	require.Empty(t, demo.told(strayed))
	require.Empty(t, demo.paid(strayed))
	strayed.integration = "demo"
	demo.reportTo("demo", strayed)
	demo.reaches(strayed, refund.Paid)
	require.Equal(t, []string{"EUR 42.00"}, demo.paid(strayed))
	require.Equal(t, wholeWay, demo.told(strayed))
}

func TestAWorkerRefusesAnAccountThatIsSharedWithoutSayingSo(t *testing.T) {
	t.Parallel()
	s := newTill(t, shared.get(t))
	s.branch()
	for setting, want := range map[string]string{
		"SENDCLOUD_ACCOUNT_OTHER=":         "demo and other belong to the same Sendcloud account: a return could be paid once for each. Set SENDCLOUD_ACCOUNT_OTHER=demo",
		"SENDCLOUD_API_VERSION_OTHER=v2":   "version 2 of the API cannot tell their parcels and returns apart: set SENDCLOUD_API_VERSION_OTHER to v3",
		"SENDCLOUD_INTEGRATION_ID_OTHER=7": "SENDCLOUD_INTEGRATION_ID_DEMO and SENDCLOUD_INTEGRATION_ID_OTHER are the same integration",
	} {
		s.startWorker(append(s.keys, setting)...)
		s.eventually("the worker to refuse", func() error {
			select {
			case <-s.worker.done:
				return nil
			default:
				return fmt.Errorf("it runs: %s", s.worker.output())
			}
		})
		require.NotZero(t, s.worker.cmd.ProcessState.ExitCode())
		require.Contains(t, strings.Join(strings.Fields(s.worker.output()), " "), want)
	}
}
