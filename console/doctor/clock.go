package doctor

import (
	"context"
	"fmt"
	"time"

	"waybill/sendcloud"
	"waybill/settings"
)

var clockCheck = Check{Name: "clock", About: "the clock of this machine against Sendcloud's", Look: lookAtClock}

const (
	// Clocks that NTP sets differ by less than a second, and an answer takes a few seconds.
	clockOff = time.Minute
	// Endpoints that pay refuse a call whose time is more than 5 minutes off (docs/paying.md).
	clockWrong = 5 * time.Minute
)

func lookAtClock(ctx context.Context, d *Deployment) []Finding {
	theirs, err := sendcloud.Clock(ctx, d.Env.Text(settings.SendcloudURL))
	if err != nil {
		return []Finding{skipped("there is nothing to compare it with: %v", err)}
	}
	off := d.Now().Sub(theirs).Round(time.Second)
	if off.Abs() < clockOff {
		return []Finding{ok("it agrees with Sendcloud's")}
	}
	side := "ahead of"
	if off < 0 {
		side = "behind"
	}
	found := warning(fmt.Sprintf("the clock of this machine is %s %s Sendcloud's", off.Abs(), side),
		"Deadlines and quiet hours follow this clock, and scans have Sendcloud's time. An endpoint that pays refuses calls that are more than 5 minutes off.",
		"Have the clock set by NTP:\n  sudo timedatectl set-ntp true")
	if off.Abs() >= clockWrong {
		found.Level = Fault
	}
	return []Finding{found}
}
