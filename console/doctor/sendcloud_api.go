package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"waybill/sendcloud"
	"waybill/settings"
)

var sendcloudAPICheck = Check{Name: "sendcloud-api", About: "whether Sendcloud takes the API keys of each integration", Needs: []Need{needsAPIKeys}, Look: lookAtAPI}

func lookAtAPI(ctx context.Context, d *Deployment) (all []Finding) {
	panels := d.askPanels(ctx)
	for _, name := range names(panels) {
		err := panels[name].fault
		if err == nil {
			err = d.readParcels(ctx, name)
		}
		if err != nil {
			all = append(all, aboutAPI(name, err))
			continue
		}
		all = append(all, ok("%s: integration %d answers, with its settings and parcels", name, panels[name].Number))
	}
	return all
}

// readParcels reads the parcels of the last minute, because keys can lack the scope for parcels.
func (d *Deployment) readParcels(ctx context.Context, integration string) error {
	api, err := d.api(integration)
	if err != nil {
		return err
	}
	enough := errors.New("one page is enough")
	err = api.ParcelsUpdatedAfter(ctx, d.Now().Add(-time.Minute), func([]sendcloud.Report) error { return enough })
	if errors.Is(err, enough) {
		return nil
	}
	return err
}

func aboutAPI(integration string, err error) Finding {
	const why = "Lost webhooks are not found, and returns cannot be looked up."
	what := fmt.Sprintf("%s: %v", integration, err)
	var failed *sendcloud.APIError
	if !errors.As(err, &failed) {
		return fault(what, why, "Check "+settings.SendcloudURL+" and the network.")
	}
	switch failed.Kind {
	case sendcloud.Setup:
		return fault(what, why, "In Sendcloud's panel, open Settings, Integrations, Configure for this integration, and copy its public and secret key into "+variable(settings.APIKeys, integration)+".")
	case sendcloud.NotFound:
		return fault(what, why, "Set "+variable("SENDCLOUD_INTEGRATION_ID_<INTEGRATION>", integration)+" to the number in the address of the integration's settings in Sendcloud's panel. It has to belong to the same integration as the API keys.")
	case sendcloud.Limited:
		return warning(what, why, "Wait a minute. If this goes on, find out which other program uses up the account's calls.")
	default:
		return fault(what, why, "Check "+settings.SendcloudURL+" and the network. If both are right, see Sendcloud's status page.")
	}
}
