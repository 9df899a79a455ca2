"""What a plan says of room, without a database."""

from syncqueue.planning import OnDrive, Plan, Reason, Room, Wanted, make_plan


def plan(size: int, *, free: int, reserve: int = 0, old_bytes: int = 0) -> Plan:
    wanted = Wanted(
        wish_id=1,
        title_id=1,
        media_file_id=1,
        side_file_id=None,
        item_ids=(1,),
        source_path="/library/film.mkv",
        relpath="Movies/Film/Film.mkv",
        size_bytes=size,
        old_bytes=old_bytes,
    )
    room = Room(total_bytes=10**9, free_bytes=free, reserve_bytes=reserve)
    return make_plan(wanted=[wanted], on_drive=[], room=room, wish_ids=[1])


class TestRoom:
    def test_says_when_only_the_reserve_is_in_the_way(self) -> None:
        [left] = plan(10**6, free=2 * 10**6, reserve=2 * 10**6).left_out

        assert left.reason is Reason.RESERVED
        assert "profile" in left.sentence

    def test_says_when_there_is_no_room_whatever_the_reserve(self) -> None:
        [left] = plan(3 * 10**6, free=2 * 10**6, reserve=10**6).left_out

        assert left.reason is Reason.NO_ROOM

    def test_needs_room_for_the_old_copy_and_the_new_at_once(self) -> None:
        [left] = plan(10**6, free=10**5, old_bytes=10**7).left_out

        assert left.reason is Reason.NO_ROOM

    def test_counts_what_the_old_copy_leaves_in_the_end(self) -> None:
        made = plan(10**6, free=10**7, old_bytes=3 * 10**6)

        assert made.bytes_after > made.room.free_bytes
        assert made.copies[0].renews


class TestSideFiles:
    def test_take_the_place_of_those_of_the_file_that_was_replaced(self) -> None:
        side = Wanted(1, 1, None, 7, (1,), "/l/new.srt", "Movies/Film/Film.srt", 10)
        there = OnDrive(
            "Movies/Film/Film.srt", 9, is_ours=True, is_side=True,
            item_ids=frozenset({1}),
        )  # fmt: skip
        room = Room(total_bytes=10**9, free_bytes=10**8)

        made = make_plan(wanted=[side], on_drive=[there], room=room)

        assert [one.replaces for one in made.copies] == [True]
