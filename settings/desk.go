package settings

import (
	"net/url"

	"waybill/desk"
	"waybill/mail"
	"waybill/mail/sendgrid"
	"waybill/parcel"
	"waybill/policy"
	"waybill/worker"
)

// parcelDesk is what the desk needs for parcels.
func (e *Environment) parcelDesk(keeper *policy.Keeper) desk.ParcelConfig {
	renderer, err := worker.OpenTemplates(e.Text(MailTemplates))
	if err != nil {
		e.faults = append(e.faults, err)
	}
	sender, err := mail.ParseSender(e.Text(MailFrom))
	if err != nil && e.Text(MailFrom) != "" {
		e.fault("%s: %w", MailFrom, err)
	}
	ui := e.Text("WAYBILL_TEMPORAL_UI")
	if ui != "" {
		u, err := url.Parse(ui)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Scheme != "https" && u.Scheme != "http" {
			e.fault("WAYBILL_TEMPORAL_UI is not of the form https://temporal.shop.example")
		}
	}
	_ = e.secret("SENDGRID_API_KEY") // a fault of it is told at the start
	return desk.ParcelConfig{
		Policy:     func(integration string) parcel.Policy { return keeper.Book().For(integration).Policy },
		SearchKeys: e.SearchKeys, TemporalUI: ui,
		Mails: desk.Mails{
			Renderer: renderer, Sender: sender, Shop: worker.Config{Policy: keeper}.Shop,
			Log: func() desk.MailLog {
				// Its file may have changed.
				if key := (&Environment{vars: e.vars}).secret("SENDGRID_API_KEY"); key != "" {
					return sendgrid.New(sendgrid.Config{Key: key, BaseURL: e.Text("SENDGRID_BASE_URL")})
				}
				return nil
			},
		},
	}
}
