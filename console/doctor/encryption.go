package doctor

import (
	"context"
	"slices"

	"waybill/codec"
	"waybill/settings"
)

var encryptionCheck = Check{
	Name: "encryption", About: "whether what Temporal stores is encrypted, and the form of the keys",
	Look: lookAtEncryption,
}

func lookAtEncryption(_ context.Context, d *Deployment) (all []Finding) {
	processes := []string{settings.WebhookKeys, settings.SendGridKey, settings.MailFrom, settings.CodecKeys, settings.CodecPlain}
	if !slices.ContainsFunc(processes, d.Env.Has) {
		return []Finding{skipped("no settings of ingress or worker are set here: run doctor with them")}
	}
	keys, plain, err := d.Env.Codec()
	for _, f := range parts(err) {
		all = append(all, fault(f.Error(), "Nothing starts that reaches Temporal.", "Make a key with\n  waybill keys new\nand set it for all processes, as docs/encryption.md explains."))
	}
	switch {
	case err != nil:
		return all
	case plain == codec.PlainWritten:
		return []Finding{warning(plain.Says(keys), "Everyone who can read Temporal's database, its backups or its UI reads them.",
			"Make a key with\n  waybill keys new\nset it in WAYBILL_CODEC_KEYS, and set WAYBILL_CODEC_PLAIN=read.")}
	}
	return []Finding{ok("%s", plain.Says(keys))}
}
