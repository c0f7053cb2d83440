"""End the associates of members that were merged while another's stayed; their merges learn of it, for the undoing."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("members", "0005_associates")]

    operations = [
        migrations.RunSQL(
            """
            WITH ended AS (
                UPDATE members_associate AS a SET until = greatest(a.since, g.at)
                  FROM members_merge AS g
                 WHERE g.loser_id = a.member_id AND g.undone_at IS NULL AND a.until IS NULL
                RETURNING a.id, g.id AS merge_id)
            INSERT INTO members_merge_move (merge_id, kind, row_id, detail)
            SELECT merge_id, 'associate_end', id::text, '{}' FROM ended
            """,
            migrations.RunSQL.noop,
        ),
    ]
