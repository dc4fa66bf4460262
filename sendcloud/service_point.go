package sendcloud

import (
	"context"
	"regexp"
	"strings"
)

// ServicePoint is where a recipient collects a parcel.
type ServicePoint struct {
	Name                                  string
	Street, HouseNumber, PostalCode, City string
	// Hours are the opening hours from Monday to Sunday. They are empty on a closed day,
	// and on all days if they are not known.
	Hours [7][]Hours
}

// Hours are one opening time, such as from "09:00" to "12:00".
type Hours struct{ From, To string }

// servicePoint is a service point of version 3 of the API.
// https://sendcloud.dev/api/v3/service-points/retrieve-a-service-point
type servicePoint struct {
	ID      whole `json:"id"`
	Name    shown `json:"name"`
	Address object[struct {
		Street      shown `json:"street"`
		HouseNumber shown `json:"house_number"`
		PostalCode  shown `json:"postal_code"`
		City        shown `json:"city"`
	}] `json:"address"`
	Times object[map[string]rows[openingTime]] `json:"opening_times"`
}

type openingTime struct {
	From text `json:"start_time"`
	To   text `json:"end_time"`
}

// ServicePoint asks version 3, also for version 2.
func (c *client) ServicePoint(ctx context.Context, id int64) (ServicePoint, error) {
	told, err := get[struct {
		Data object[servicePoint] `json:"data"`
	}](ctx, c, "api/v3/service-points", id)
	if err != nil {
		return ServicePoint{}, err
	}
	return told.Data.v.read()
}

var (
	timeOfDay = regexp.MustCompile(`^([01][0-9]|2[0-4]):[0-5][0-9]`)
	weekdays  = [7]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
)

func (p servicePoint) read() (ServicePoint, error) {
	if !p.ID.ok || p.Name == "" {
		return ServicePoint{}, errShape("the service point")
	}
	a := p.Address.v
	point := ServicePoint{
		Name: string(p.Name), Street: string(a.Street), HouseNumber: string(a.HouseNumber),
		PostalCode: string(a.PostalCode), City: string(a.City),
	}
	for day, name := range weekdays {
		for _, open := range p.Times.v[name] {
			from, to := timeOfDay.FindString(string(open.From)), timeOfDay.FindString(string(open.To))
			if from != "" && to != "" && len(point.Hours[day]) < mostHours {
				point.Hours[day] = append(point.Hours[day], Hours{from, to})
			}
		}
	}
	return point, nil
}

// mostHours is how many opening times of a day are kept.
const mostHours = 4

// Address is the address in one line.
func (p ServicePoint) Address() string {
	street := strings.TrimSpace(p.Street + " " + p.HouseNumber)
	city := strings.TrimSpace(p.PostalCode + " " + p.City)
	return strings.Trim(street+", "+city, ", ")
}
