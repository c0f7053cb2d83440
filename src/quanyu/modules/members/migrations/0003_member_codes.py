import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0002_oneid'),
    ]

    operations = [
        migrations.AddField(
            model_name='carddevice',
            name='handle',
            # No phone was registered before this.
            field=models.CharField(default='', max_length=8, unique=True),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name='CodeUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('window', models.BigIntegerField()),
                ('terminal_id', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('device', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='members.carddevice')),
            ],
            options={
                'db_table': 'members_code_use',
                'indexes': [models.Index(fields=['at'], name='members_code_use_at')],
                'constraints': [models.UniqueConstraint(fields=('device', 'window'), name='members_code_use_once')],
            },
        ),
    ]
