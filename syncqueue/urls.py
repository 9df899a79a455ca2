"""Addresses of the queue's pages."""

from django.urls import path

from syncqueue.joining import join_pages
from syncqueue.views import bulk, deeds, offers, pages

join_pages()

urlpatterns = [
    path("queue/", pages.queue, name="queue"),
    path("queue/add/", deeds.put_on_drive, name="put_on_drive"),
    path("queue/choose/", bulk.choose_drive, name="choose_drive"),
    path("queue/put/", bulk.put_many, name="put_many"),
    path("queue/clear/", deeds.clear_finished, name="clear_finished"),
    path("queue/<int:wish_id>/pause/", deeds.pause_wish, name="pause_wish"),
    path("queue/<int:wish_id>/resume/", deeds.resume_wish, name="resume_wish"),
    path("queue/<int:wish_id>/retry/", deeds.retry_wish, name="retry_wish"),
    path("queue/<int:wish_id>/cancel/", deeds.cancel_wish, name="cancel_wish"),
    path("queue/<int:wish_id>/place/", deeds.place_wish, name="place_wish"),
    path("drives/<int:drive_id>/renew/", offers.renew_on_drive, name="renew_on_drive"),
    path("drives/<int:drive_id>/keep/", offers.keep_on_drive, name="keep_on_drive"),
    path(
        "drives/<int:drive_id>/rename/", deeds.rename_on_drive, name="rename_on_drive"
    ),
    path("drives/<int:drive_id>/names/", pages.drive_names, name="drive_names"),
    path("drives/<int:drive_id>/speed/", deeds.limit_speed, name="limit_speed"),
    path("drives/<int:drive_id>/plan/", pages.plan_detail, name="plan_detail"),
    path("drives/<int:drive_id>/send/", deeds.send_missing, name="send_missing"),
    path("drives/<int:drive_id>/pause/", deeds.pause_copying, name="pause_copying"),
    path("drives/<int:drive_id>/resume/", deeds.resume_copying, name="resume_copying"),
]
