package desk

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"waybill/ingress"
	"waybill/parcel"
	"waybill/refund"
)

// quoted is a text as YAML and JSON write it.
func quoted(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	require.NoError(t, err)
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(raw))
}

// describedOrders are the paths of all orders.
func describedOrders(t *testing.T) string {
	var b strings.Builder
	for _, o := range refund.Orders() {
		var fields, required []string
		for _, f := range o.Fields {
			if f.Required {
				required = append(required, f.Name)
			}
			// The help is for somebody who looks at a form.
			help := strings.NewReplacer("Leave it empty", "Leave it out", "It is not known. Without one", "Only if it is not known. Without one").Replace(f.Help().String())
			switch f.Kind {
			case refund.KindCurrency:
			case refund.KindAmount:
				fields = append(fields, fmt.Sprintf("%s: {$ref: '#/components/schemas/Amount', description: %s}", f.Name, quoted(t, help)))
			default:
				if f.CustomerReads {
					help = strings.TrimSpace("The customer reads it. " + help)
				}
				fields = append(fields, textField(t, f.Name, f.Label().String()+". "+help, fmt.Sprintf(", maxLength: %d, examples: [%s]", f.Kind.Most(), quoted(t, f.Example))))
			}
		}
		b.WriteString(describedOrder(t, "refund", "returnId", o.Name, o.UpdateName(), o.Label().String(), o.Does().String(), fields, required))
	}
	for _, o := range parcelOrders() {
		var fields, required []string
		for _, f := range o.Fields {
			if f.Required {
				required = append(required, f.Name)
			}
			f.Help = strings.Replace(f.Help, "as Describe lists them", "as the parcel's mails have them", 1)
			switch f.Kind {
			case parcel.TextField:
				fields = append(fields, textField(t, f.Name, f.Help, fmt.Sprintf(", examples: [%s]", f.Example)))
			case parcel.SwitchField:
				fields = append(fields, fmt.Sprintf("%s: {type: boolean, description: %s}", f.Name, quoted(t, f.Help)))
			case parcel.KeysField:
				fields = append(fields, fmt.Sprintf("%s: {type: array, minItems: 1, items: {type: string}, description: %s}", f.Name, quoted(t, f.Help)))
			case parcel.ParcelField:
			}
		}
		fields = append(fields, textField(t, "why", "The reason, for the parcel's record, without personal data.", ""))
		b.WriteString(describedOrder(t, "parcel", "parcelId", o.Name, o.UpdateName(), o.Label().String(), o.Does().String(), fields, required))
	}
	return b.String()
}

func textField(t *testing.T, name, help, more string) string {
	return fmt.Sprintf("%s: {type: string, minLength: 1%s, description: %s}", name, more, quoted(t, strings.TrimSpace(help)))
}

func describedOrder(t *testing.T, of, id, name, updateName, label, does string, fields, required []string) string {
	capital := strings.ToUpper(of[:1]) + of[1:]
	need := ""
	if len(required) > 0 {
		need = fmt.Sprintf("\n              required: [%s]", strings.Join(required, ", "))
	}
	fields = append(fields, `dryRun: {type: boolean, description: "Says what would come of it, and changes nothing."}`)
	return fmt.Sprintf(`  /api/%[1]ss/{integration}/{%[2]s}/%[3]s:
    post:
      operationId: %[1]s%[4]s
      tags: [%[5]ss]
      summary: %[6]s
      description: %[7]s
      parameters:
        - {$ref: '#/components/parameters/Integration'}
        - {$ref: '#/components/parameters/%[8]s'}
        - {$ref: '#/components/parameters/IdempotencyKey'}
      requestBody:
        required: %[9]t
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false%[10]s
              properties:
                %[11]s
      responses:
        '200': {$ref: '#/components/responses/%[5]sOrdered'}
        '401': {$ref: '#/components/responses/NoEntry'}
        '403': {$ref: '#/components/responses/Forbidden'}
        '404': {$ref: '#/components/responses/Unknown'}
        '409': {$ref: '#/components/responses/Conflict'}
        '413': {$ref: '#/components/responses/TooLarge'}
        '422': {$ref: '#/components/responses/Unreadable'}
        '429': {$ref: '#/components/responses/TooOften'}
        '503': {$ref: '#/components/responses/NoAnswer'}
        default: {$ref: '#/components/responses/Other'}
`, of, id, name, updateName, capital, quoted(t, label), quoted(t, does), strings.ToUpper(id[:1])+id[1:], len(required) > 0, need, strings.Join(fields, "\n                "))
}

// refusals are the ways to refuse a request, by their name in the file.
var refusals = []struct {
	name, says string
	retry      bool
	of         []ingress.Answer
}{
	{"NoEntry", "The token is missing, unknown or expired.", false, []ingress.Answer{ingress.TokenMissing, ingress.TokenUnknown, ingress.TokenExpired}},
	{"Forbidden", "The token does not allow it, or the person may not do it.", false, []ingress.Answer{notTheirs, notThem, ingress.TokenReadsOnly}},
	{"Unknown", "There is no such thing.", false, []ingress.Answer{refundUnknown, parcelUnknown, batchUnknown, orderUnknown, deskClosed, ingress.NotThere}},
	{"Conflict", "The order does not fit where things stand. The detail says why.", false, []ingress.Answer{orderRefused, refundOver, parcelOver, batchesBusy, noSearchKey}},
	{"NoSearchKey", "No mail address can be looked up.", false, []ingress.Answer{noSearchKey}},
	{"TooLarge", "The body is too large.", false, []ingress.Answer{bodyTooLarge}},
	{"Unreadable", "Something has to be corrected.", false, []ingress.Answer{unreadable, keyReused}},
	{"TooOften", "The token, or somebody without one, called too often. Try again after Retry-After.", true, []ingress.Answer{ingress.TooMany}},
	{"NoAnswer", "Temporal or a worker did not answer in time. Try again after Retry-After.", true, []ingress.Answer{refundsNotAsked, outcomeUnknown}},
	{"Other", "Any other refusal.", false, []ingress.Answer{ingress.WrongMethod, ingress.BrokenOff, ingress.InternalFault}},
}

// describedRefusals are the responses that refuse a request, and an example of each problem.
func describedRefusals(t *testing.T) string {
	var b, examples strings.Builder
	told := map[string]bool{}
	for _, r := range refusals {
		fmt.Fprintf(&b, "    %s:\n      description: %s\n", r.name, quoted(t, r.says))
		if r.retry {
			b.WriteString("      headers:\n        Retry-After: {description: The number of seconds to wait., schema: {type: integer}}\n")
		}
		b.WriteString("      content:\n        application/problem+json:\n          schema: {$ref: '#/components/schemas/Problem'}\n          examples:\n")
		for _, a := range r.of {
			name := ingress.ProblemName(a)
			fmt.Fprintf(&b, "            %s: {$ref: '#/components/examples/%s'}\n", name, name)
			if told[name] {
				continue
			}
			told[name] = true
			problem := ingress.ProblemOf(a)
			if a.Outcome == unreadable.Outcome {
				problem.Fields = []ingress.Fault{{Field: "why", Detail: "Write the reason, which the customer reads."}}
			}
			fmt.Fprintf(&examples, "    %s:\n      summary: %s\n      value: %s\n", name, quoted(t, problem.Title), quoted(t, problem))
		}
	}
	return b.String() + "  examples:\n" + examples.String()
}
