package console

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/settings"
)

func TestSetupPrintsWhatToEnterInThePanel(t *testing.T) {
	env := settings.New([]string{
		"SENDCLOUD_KEYS_DEMO=the-key-of-the-demo", "SENDCLOUD_KEYS_MY_SHOP=the-key-of-my-shop", "SENDCLOUD_BASIC_AUTH_MY_SHOP=joe:his password",
		"WAYBILL_PUBLIC_URL=https://hooks.shop.example/",
	})
	var said strings.Builder
	require.NoError(t, ShowPanel(env, func(line string) { said.WriteString(line + "\n") }))
	require.Equal(t, `
In Sendcloud's panel, in the settings of the integration for demo:
  Webhook URL            https://hooks.shop.example/webhooks/sendcloud/demo
  Webhook signature key  the first line of SENDCLOUD_KEYS_DEMO
Then press "Test API Webhook": the ingress answers 200.

In Sendcloud's panel, in the settings of the integration for my-shop:
  Webhook URL            https://<user>:<password>@hooks.shop.example/webhooks/sendcloud/my-shop
  Webhook signature key  the first line of SENDCLOUD_KEYS_MY_SHOP
  <user>:<password>      the first line of SENDCLOUD_BASIC_AUTH_MY_SHOP
Then press "Test API Webhook": the ingress answers 200.
`, said.String())
}
