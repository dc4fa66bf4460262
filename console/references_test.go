package console

import (
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"waybill/commandline"
	"waybill/contract"
)

func TestAParcelIsNamedInThreeWays(t *testing.T) {
	cmd := &cobra.Command{Use: "waybill"}
	for _, args := range [][]string{{"my-shop", "42"}, {"my-shop/42"}, {"parcel:my-shop:42"}} {
		of, err := parcelNamed(cmd, args)
		require.NoError(t, err)
		require.Equal(t, contract.ParcelRef{Integration: "my-shop", ID: 42}, of)
	}
	refund, err := refundNamed(cmd, []string{"refund:my-shop:42"})
	require.NoError(t, err)
	require.Equal(t, contract.RefundRef{Integration: "my-shop", ReturnID: 42}, refund)
	for typed, want := range map[string]string{
		"refund:my-shop:42":   `"refund:my-shop:42" is not the workflow id of a parcel: that is such as parcel:my-shop:364000001`,
		"parcel:my-shop":      "name the integration and the parcel, as in: waybill my-shop 364000001",
		"parcel:my-shop:42:1": `"42:1" is no parcel`,
		"my-shop/-1":          `"-1" is no parcel`,
		"My/42":               `"My" cannot be an integration's name`,
	} {
		_, err := parcelNamed(cmd, []string{typed})
		require.ErrorContains(t, err, want)
		require.Equal(t, 2, commandline.ExitCode(err))
	}
}
