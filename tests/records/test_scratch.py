import time, cProfile, pstats
from tests.web.screens import screen
def test_t(world, cast):
    b = world.staff("ann")
    def cpu(f,n=20):
        f(); t=time.process_time()
        for _ in range(n): f()
        return (time.process_time()-t)/n*1000
    print()
    for u in ["/contacts","/contacts?columns=first_name","/contacts/new",f"/contacts/{cast.otto}",f"/contacts/{cast.otto}/history"]:
        r=b.get(u); print(u, round(cpu(lambda: b.get(u)),1),"ms", len(r.data), "parse", round(cpu(lambda: screen(r)),1))
    u=f"/contacts/{cast.otto}/fields/phone/edit"; print(u, cpu(lambda: b.fragment(u)))
    u=f"/contacts/{cast.otto}/fields/time_zone/edit"; print(u, cpu(lambda: b.fragment(u)))
    n=[0]
    def save():
        n[0]+=1
        b.fragment(f"/contacts/{cast.otto}/fields/phone", method="POST", data={"value": f"030 {n[0]}"})
    print("save", cpu(save))
    print("api", cpu(lambda: world.api("read")))
    pr=cProfile.Profile(); pr.enable()
    for _ in range(20): b.get("/contacts")
    pr.disable(); pstats.Stats(pr).sort_stats("cumtime").print_stats(35)
    assert 0
