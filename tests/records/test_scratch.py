import itertools
import pytest
BIG="9"*25
def test_fuzz(world, cast):
    b = world.staff("sue", broken=True)
    paths = ["/companies","/contacts","/contracts",f"/companies/{cast.acme}/contacts",f"/companies/{cast.acme}/contracts"]
    bad=[]
    def go(u):
        r=b.get(u)
        if r.status_code==500: bad.append(u[:150])
        return r
    for p in paths:
        for q in ["q=%00","q=%01","q=a%00b","q=%ED%A0%80","q=%E2%80%8B","q=%25","q=_","q=\\","q="+"x"*100000,"q=²","q=a&after=²","q=a&after=99999","q=a&before=x","after=x","after=²","before=%00","after=AAAA","after="+"A"*5000,
          "size=abc","size=-1","size=99999999999999999999999","columns=nope","columns=id,version,search_text","columns=name,name","sort=nope","sort=-","sort=--name","sort=notes","sort=domains","sort=addresses","sort=custom","sort=company_ids",
          "name.bogus=1","city.bogus=1","f.nope=1","nope.contains=1","op.nope=1","f.city=x&op.city=bogus","starts_on.last_days=²","starts_on.last_days=999999999","starts_on.is=abc","minutes.gt=99999999999999999999","number.is=99999999999999999999","number.gt=1e400","company.is=99999999999999999999999","company.is=abc","company.any_of=1,2,x","company.any_of=,","active.is=maybe","active.is=0","domains.contains=acme.example","addresses.contains=x","users.gte=1","department.is=1","line_manager_id.any_of=1,2","country.any_of=DE,AT","country.none_of=Germany","state.is=Bayern","kind.any_of=managed,unmanaged","time_zone.is=Berlin","language.any_of=de,fr","phone.contains=ext","phone.is=030","phone.starts=%2B","notes.contains=%25","email.any_of=a@b.example,c@d.example","created_at=2020","updated_at.after=2020-01-01","name.contains=%00","f.name="+"y"*100000,"&".join(f"name.contains={i}" for i in range(40))]:
            go(f"{p}?{q}")
    for q in [f"/companies/{BIG}",f"/contacts/{BIG}",f"/contracts/{BIG}",f"/companies/{BIG}/contacts",f"/companies/{cast.acme}/history?until={BIG}",f"/companies/{cast.acme}/history?until=-1",f"/contacts/new?company={BIG}",f"/contracts/new?company={BIG}","/contracts/new?company=x","/contracts/new?company_text=%00",f"/options/contact?company={BIG}&q=a",f"/options/department?company={BIG}","/options/contact?q=%00","/options/contact?q=%01","/options/nope","/options/staff?q=%25","/search?q=%00","/search?q=%01%02","/search?q="+"z"*100000,
      f"/contacts/{cast.ina}/fields/nope",f"/contacts/{cast.ina}/fields/%00",f"/contacts/{cast.ina}/fields/custom-x/edit",f"/contacts/{BIG}/fields/phone/edit",f"/contacts/{cast.ina}/fields/phone/edit?in=row",f"/operations/{BIG}"]:
        go(q)
    for u in [f"/operations/{BIG}/undo",f"/changes/{BIG}/phone/undo","/changes/1/%00/undo",f"/contacts/{cast.ina}/fields/phone/undo?operation={BIG}",f"/contacts/{cast.ina}/fields/phone/undo"]:
        r=b.post_form(u,{})
        if r.status_code==500: bad.append(u)
    for data in [{"value":"x"*100000},{"value":"\0"},{"value":"1","v":BIG},{"value":"1","v":"-1"},{"value":"1","v":"x"},{"value":"\ud800"}]:
        for f in ["phone","notes","company","country","line_manager_id","active","department","addresses","time_zone"]:
            try: r=b.post_form(f"/contacts/{cast.ina}/fields/{f}",data)
            except UnicodeEncodeError: continue
            if r.status_code==500: bad.append((f,str(data)[:40]))
    print("\n".join(map(str,bad)))
    assert not bad
