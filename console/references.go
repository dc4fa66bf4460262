package console

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"waybill/commandline"
	"waybill/contract"
	"waybill/delivery"
)

// kind is what a command is about.
type kind struct {
	of delivery.SubjectKind
	// noun is what Sendcloud calls it, number such a number.
	noun, number string
}

var (
	aParcel = kind{delivery.OfParcel, "parcel", "364000001"}
	aRefund = kind{delivery.OfRefund, "return", "7001"}
)

// reference reads the arguments that name a parcel or a return: two words, my-shop/7001, or the
// workflow id.
func (k kind) reference(cmd *cobra.Command, args []string) (integration string, number int64, err error) {
	defer func() { err = commandline.Usage(err) }()
	words := args
	if len(args) == 1 {
		words = strings.SplitN(args[0], "/", 2)
		if of, rest, isID := strings.Cut(args[0], ":"); isID {
			if of != string(k.of) {
				return "", 0, fmt.Errorf("%q is not the workflow id of a %s: that is such as %s:my-shop:%s", args[0], k.of, k.of, k.number)
			}
			words = strings.SplitN(rest, ":", 2)
		}
	}
	if len(words) != 2 {
		return "", 0, fmt.Errorf("name the integration and the %s, as in: %s my-shop %s", k.noun, cmd.CommandPath(), k.number)
	}
	number, err = strconv.ParseInt(words[1], 10, 64)
	if err != nil || number <= 0 {
		err = fmt.Errorf("%q is no %s: write Sendcloud's number of it, such as %s", words[1], k.noun, k.number)
	}
	return words[0], number, errors.Join(contract.CheckIntegration(words[0]), err)
}

// parcelNamed reads the arguments that name a parcel.
func parcelNamed(cmd *cobra.Command, args []string) (contract.ParcelRef, error) {
	integration, id, err := aParcel.reference(cmd, args)
	return contract.ParcelRef{Integration: integration, ID: id}, err
}

// refundNamed reads the arguments that name a refund.
func refundNamed(cmd *cobra.Command, args []string) (contract.RefundRef, error) {
	integration, id, err := aRefund.reference(cmd, args)
	return contract.RefundRef{Integration: integration, ReturnID: id}, err
}

// namingParcels is the help about references.
const namingParcels = `A parcel is named by its integration and by Sendcloud's number: my-shop/364000001, the same
in two words, or the workflow id parcel:my-shop:364000001.`
